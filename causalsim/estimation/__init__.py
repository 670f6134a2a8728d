"""How large is it: estimators, the nuisances they share, and the effects they give."""

from causalsim.lazy import table_of_contents

_CONTENTS = {
    "AIPW": "causalsim.estimation.estimators.doubly_robust",
    "Difference": "causalsim.estimation.contrasts",
    "Everyone": "causalsim.estimation.targets",
    "OddsRatio": "causalsim.estimation.contrasts",
    "Overlap": "causalsim.estimation.targets",
    "Ratio": "causalsim.estimation.contrasts",
    "Treated": "causalsim.estimation.targets",
    "Untreated": "causalsim.estimation.targets",
    "CrossFit": "causalsim.estimation.nuisances",
    "Effect": "causalsim.estimation.effect",
    "Estimator": "causalsim.estimation.estimator",
    "IPW": "causalsim.estimation.estimators.weighting",
    "Regression": "causalsim.estimation.estimators.regression",
    "compare": "causalsim.estimation.comparison",
    "Interval": "causalsim.estimation.intervals",
    "Nuisances": "causalsim.estimation.nuisances",
    "Task": "causalsim.estimation.task",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
