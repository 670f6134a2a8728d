"""Effects through mediators: the doubly robust front door, and direct and indirect effects."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.mediators.crossfit import MediatorCrossFit as MediatorCrossFit
    from causalsim.estimation.mediators.decomposition import Decomposition as Decomposition
    from causalsim.estimation.mediators.decomposition import decompose as decompose
    from causalsim.estimation.mediators.front_door import (
        DoublyRobustFrontDoor as DoublyRobustFrontDoor,
    )
    from causalsim.estimation.mediators.joint import JointActions as JointActions
    from causalsim.estimation.mediators.natural import NaturalEffects as NaturalEffects
    from causalsim.estimation.mediators.roles import Through as Through
    from causalsim.estimation.mediators.roles import front_door_roles as front_door_roles
    from causalsim.estimation.mediators.roles import natural_roles as natural_roles

_CONTENTS = {
    "Decomposition": "causalsim.estimation.mediators.decomposition",
    "DoublyRobustFrontDoor": "causalsim.estimation.mediators.front_door",
    "JointActions": "causalsim.estimation.mediators.joint",
    "MediatorCrossFit": "causalsim.estimation.mediators.crossfit",
    "NaturalEffects": "causalsim.estimation.mediators.natural",
    "Through": "causalsim.estimation.mediators.roles",
    "decompose": "causalsim.estimation.mediators.decomposition",
    "front_door_roles": "causalsim.estimation.mediators.roles",
    "natural_roles": "causalsim.estimation.mediators.roles",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
