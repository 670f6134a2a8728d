"""For whom the effect is larger: conditional effects, and whether they are any good."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.heterogeneity.borrowed import BCF as BCF
    from causalsim.estimation.heterogeneity.borrowed import CausalForest as CausalForest
    from causalsim.estimation.heterogeneity.borrowed import LinearDML as LinearDML
    from causalsim.estimation.heterogeneity.conditional import (
        ConditionalEffects as ConditionalEffects,
    )
    from causalsim.estimation.heterogeneity.conditional import (
        conditional_effects as conditional_effects,
    )
    from causalsim.estimation.heterogeneity.curves import Uplift as Uplift
    from causalsim.estimation.heterogeneity.curves import uplift as uplift
    from causalsim.estimation.heterogeneity.leading import LeaderBoard as LeaderBoard
    from causalsim.estimation.heterogeneity.leading import leader_board as leader_board
    from causalsim.estimation.heterogeneity.metalearners import DRLearner as DRLearner
    from causalsim.estimation.heterogeneity.metalearners import RLearner as RLearner
    from causalsim.estimation.heterogeneity.metalearners import SLearner as SLearner
    from causalsim.estimation.heterogeneity.metalearners import TLearner as TLearner
    from causalsim.estimation.heterogeneity.metalearners import XLearner as XLearner
    from causalsim.estimation.heterogeneity.usefulness import Calibration as Calibration
    from causalsim.estimation.heterogeneity.usefulness import calibration as calibration
    from causalsim.estimation.heterogeneity.usefulness import qini as qini
    from causalsim.estimation.heterogeneity.usefulness import sorted_groups as sorted_groups
    from causalsim.estimation.heterogeneity.usefulness import targeting as targeting

_CONTENTS = {
    "BCF": "causalsim.estimation.heterogeneity.borrowed",
    "Calibration": "causalsim.estimation.heterogeneity.usefulness",
    "CausalForest": "causalsim.estimation.heterogeneity.borrowed",
    "ConditionalEffects": "causalsim.estimation.heterogeneity.conditional",
    "DRLearner": "causalsim.estimation.heterogeneity.metalearners",
    "LeaderBoard": "causalsim.estimation.heterogeneity.leading",
    "LinearDML": "causalsim.estimation.heterogeneity.borrowed",
    "RLearner": "causalsim.estimation.heterogeneity.metalearners",
    "SLearner": "causalsim.estimation.heterogeneity.metalearners",
    "TLearner": "causalsim.estimation.heterogeneity.metalearners",
    "Uplift": "causalsim.estimation.heterogeneity.curves",
    "XLearner": "causalsim.estimation.heterogeneity.metalearners",
    "calibration": "causalsim.estimation.heterogeneity.usefulness",
    "conditional_effects": "causalsim.estimation.heterogeneity.conditional",
    "leader_board": "causalsim.estimation.heterogeneity.leading",
    "qini": "causalsim.estimation.heterogeneity.usefulness",
    "sorted_groups": "causalsim.estimation.heterogeneity.usefulness",
    "targeting": "causalsim.estimation.heterogeneity.usefulness",
    "uplift": "causalsim.estimation.heterogeneity.curves",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
