"""For whom the effect is larger: conditional effects, and whether they are any good."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.heterogeneity.conditional import (
        ConditionalEffects as ConditionalEffects,
    )
    from causalsim.estimation.heterogeneity.conditional import (
        conditional_effects as conditional_effects,
    )
    from causalsim.estimation.heterogeneity.metalearners import DRLearner as DRLearner
    from causalsim.estimation.heterogeneity.metalearners import RLearner as RLearner
    from causalsim.estimation.heterogeneity.metalearners import TLearner as TLearner
    from causalsim.estimation.heterogeneity.metalearners import XLearner as XLearner
    from causalsim.estimation.heterogeneity.usefulness import Calibration as Calibration
    from causalsim.estimation.heterogeneity.usefulness import calibration as calibration
    from causalsim.estimation.heterogeneity.usefulness import targeting as targeting

_CONTENTS = {
    "Calibration": "causalsim.estimation.heterogeneity.usefulness",
    "ConditionalEffects": "causalsim.estimation.heterogeneity.conditional",
    "DRLearner": "causalsim.estimation.heterogeneity.metalearners",
    "RLearner": "causalsim.estimation.heterogeneity.metalearners",
    "TLearner": "causalsim.estimation.heterogeneity.metalearners",
    "XLearner": "causalsim.estimation.heterogeneity.metalearners",
    "calibration": "causalsim.estimation.heterogeneity.usefulness",
    "conditional_effects": "causalsim.estimation.heterogeneity.conditional",
    "targeting": "causalsim.estimation.heterogeneity.usefulness",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
