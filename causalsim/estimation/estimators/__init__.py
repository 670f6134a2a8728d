"""Ways from an answer and a frame to an effect, one family a file."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.estimators.balancing import CBPS as CBPS
    from causalsim.estimation.estimators.balancing import EntropyBalancing as EntropyBalancing
    from causalsim.estimation.estimators.covariances import Covariances as Covariances
    from causalsim.estimation.estimators.doubly_robust import AIPW as AIPW
    from causalsim.estimation.estimators.matching import Mahalanobis as Mahalanobis
    from causalsim.estimation.estimators.matching import Matching as Matching
    from causalsim.estimation.estimators.matching import PropensityScore as PropensityScore
    from causalsim.estimation.estimators.partially_linear import PLR as PLR
    from causalsim.estimation.estimators.plugin import Plugin as Plugin
    from causalsim.estimation.estimators.regression import Regression as Regression
    from causalsim.estimation.estimators.targeted import TMLE as TMLE
    from causalsim.estimation.estimators.weighting import IPW as IPW

_CONTENTS = {
    "AIPW": "causalsim.estimation.estimators.doubly_robust",
    "CBPS": "causalsim.estimation.estimators.balancing",
    "Covariances": "causalsim.estimation.estimators.covariances",
    "EntropyBalancing": "causalsim.estimation.estimators.balancing",
    "IPW": "causalsim.estimation.estimators.weighting",
    "Mahalanobis": "causalsim.estimation.estimators.matching",
    "Matching": "causalsim.estimation.estimators.matching",
    "PLR": "causalsim.estimation.estimators.partially_linear",
    "Plugin": "causalsim.estimation.estimators.plugin",
    "PropensityScore": "causalsim.estimation.estimators.matching",
    "Regression": "causalsim.estimation.estimators.regression",
    "TMLE": "causalsim.estimation.estimators.targeted",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
