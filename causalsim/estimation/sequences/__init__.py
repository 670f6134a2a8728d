"""Several treatments in time order: regimes, rules, and what they lead to."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.sequences.doubly_robust import LTMLE as LTMLE
    from causalsim.estimation.sequences.doubly_robust import SDR as SDR
    from causalsim.estimation.sequences.dynamic import DynamicDML as DynamicDML
    from causalsim.estimation.sequences.gformula import GFormula as GFormula
    from causalsim.estimation.sequences.learning import LearntRegime as LearntRegime
    from causalsim.estimation.sequences.learning import learn_regime as learn_regime
    from causalsim.estimation.sequences.marginal import MSM as MSM
    from causalsim.estimation.sequences.marginal import Additive as Additive
    from causalsim.estimation.sequences.marginal import Cumulative as Cumulative
    from causalsim.estimation.sequences.marginal import Saturated as Saturated
    from causalsim.estimation.sequences.nested import GEstimation as GEstimation
    from causalsim.estimation.sequences.regimes import Regime as Regime
    from causalsim.estimation.sequences.regimes import Rule as Rule
    from causalsim.estimation.sequences.regimes import when as when

_CONTENTS = {
    "LTMLE": "causalsim.estimation.sequences.doubly_robust",
    "SDR": "causalsim.estimation.sequences.doubly_robust",
    "DynamicDML": "causalsim.estimation.sequences.dynamic",
    "GFormula": "causalsim.estimation.sequences.gformula",
    "LearntRegime": "causalsim.estimation.sequences.learning",
    "learn_regime": "causalsim.estimation.sequences.learning",
    "Additive": "causalsim.estimation.sequences.marginal",
    "Cumulative": "causalsim.estimation.sequences.marginal",
    "MSM": "causalsim.estimation.sequences.marginal",
    "Saturated": "causalsim.estimation.sequences.marginal",
    "GEstimation": "causalsim.estimation.sequences.nested",
    "Regime": "causalsim.estimation.sequences.regimes",
    "Rule": "causalsim.estimation.sequences.regimes",
    "when": "causalsim.estimation.sequences.regimes",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
