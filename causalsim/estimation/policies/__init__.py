"""Who should get which treatment, and what that is worth."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.policies.aims import Aim as Aim
    from causalsim.estimation.policies.learning import LearntPolicy as LearntPolicy
    from causalsim.estimation.policies.learning import learn_policy as learn_policy
    from causalsim.estimation.policies.rules import Always as Always
    from causalsim.estimation.policies.rules import Policy as Policy
    from causalsim.estimation.policies.rules import Rule as Rule
    from causalsim.estimation.policies.trees import Leaf as Leaf
    from causalsim.estimation.policies.trees import Split as Split
    from causalsim.estimation.policies.valuing import policy_value as policy_value
    from causalsim.estimation.policies.ways import PolicyForest as PolicyForest
    from causalsim.estimation.policies.ways import PolicyTree as PolicyTree
    from causalsim.estimation.policies.ways import Way as Way

_CONTENTS = {
    "Aim": "causalsim.estimation.policies.aims",
    "Always": "causalsim.estimation.policies.rules",
    "Leaf": "causalsim.estimation.policies.trees",
    "LearntPolicy": "causalsim.estimation.policies.learning",
    "Policy": "causalsim.estimation.policies.rules",
    "PolicyForest": "causalsim.estimation.policies.ways",
    "PolicyTree": "causalsim.estimation.policies.ways",
    "Rule": "causalsim.estimation.policies.rules",
    "Split": "causalsim.estimation.policies.trees",
    "Way": "causalsim.estimation.policies.ways",
    "learn_policy": "causalsim.estimation.policies.learning",
    "policy_value": "causalsim.estimation.policies.valuing",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
