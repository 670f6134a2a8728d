"""How large is it: estimators, the nuisances they share, and the effects they give."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation import estimators as estimators
    from causalsim.estimation.averaging.contrasts import Difference as Difference
    from causalsim.estimation.averaging.contrasts import OddsRatio as OddsRatio
    from causalsim.estimation.averaging.contrasts import Ratio as Ratio
    from causalsim.estimation.averaging.targets import Everyone as Everyone
    from causalsim.estimation.averaging.targets import InSample as InSample
    from causalsim.estimation.averaging.targets import Overlap as Overlap
    from causalsim.estimation.averaging.targets import Treated as Treated
    from causalsim.estimation.averaging.targets import Untreated as Untreated
    from causalsim.estimation.comparison import compare as compare
    from causalsim.estimation.comparison import every_arm as every_arm
    from causalsim.estimation.crossfitting.crossfit import CrossFit as CrossFit
    from causalsim.estimation.crossfitting.nuisances import Nuisances as Nuisances
    from causalsim.estimation.effect import Effect as Effect
    from causalsim.estimation.estimating import estimate as estimate
    from causalsim.estimation.estimator import Estimator as Estimator
    from causalsim.estimation.estimators.doubly_robust import AIPW as AIPW
    from causalsim.estimation.estimators.partially_linear import PLR as PLR
    from causalsim.estimation.estimators.plugin import Plugin as Plugin
    from causalsim.estimation.estimators.regression import Regression as Regression
    from causalsim.estimation.estimators.targeted import TMLE as TMLE
    from causalsim.estimation.estimators.weighting import IPW as IPW
    from causalsim.estimation.intervals import Interval as Interval
    from causalsim.estimation.reading.task import Task as Task
    from causalsim.estimation.subgroups import by_group as by_group

_CONTENTS = {
    "estimators": "causalsim.estimation.estimators",
    "by_group": "causalsim.estimation.subgroups",
    "estimate": "causalsim.estimation.estimating",
    "AIPW": "causalsim.estimation.estimators.doubly_robust",
    "Difference": "causalsim.estimation.averaging.contrasts",
    "Everyone": "causalsim.estimation.averaging.targets",
    "OddsRatio": "causalsim.estimation.averaging.contrasts",
    "Overlap": "causalsim.estimation.averaging.targets",
    "PLR": "causalsim.estimation.estimators.partially_linear",
    "Plugin": "causalsim.estimation.estimators.plugin",
    "Ratio": "causalsim.estimation.averaging.contrasts",
    "Treated": "causalsim.estimation.averaging.targets",
    "Untreated": "causalsim.estimation.averaging.targets",
    "CrossFit": "causalsim.estimation.crossfitting.crossfit",
    "Effect": "causalsim.estimation.effect",
    "Estimator": "causalsim.estimation.estimator",
    "InSample": "causalsim.estimation.averaging.targets",
    "IPW": "causalsim.estimation.estimators.weighting",
    "TMLE": "causalsim.estimation.estimators.targeted",
    "Regression": "causalsim.estimation.estimators.regression",
    "compare": "causalsim.estimation.comparison",
    "every_arm": "causalsim.estimation.comparison",
    "Interval": "causalsim.estimation.intervals",
    "Nuisances": "causalsim.estimation.crossfitting.nuisances",
    "Task": "causalsim.estimation.reading.task",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
