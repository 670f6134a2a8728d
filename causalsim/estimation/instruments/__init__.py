"""Through instruments: effects among those whom they move, and what holds when they are weak."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.instruments.agreement import (
        Overidentification as Overidentification,
    )
    from causalsim.estimation.instruments.agreement import (
        overidentification as overidentification,
    )
    from causalsim.estimation.instruments.confidence import Confidence as Confidence
    from causalsim.estimation.instruments.differing import ConditionalLATE as ConditionalLATE
    from causalsim.estimation.instruments.differing import conditional_late as conditional_late
    from causalsim.estimation.instruments.forests import DRIV as DRIV
    from causalsim.estimation.instruments.forests import ForestLATE as ForestLATE
    from causalsim.estimation.instruments.late import LATE as LATE
    from causalsim.estimation.instruments.slopes import PLIV as PLIV
    from causalsim.estimation.instruments.slopes import TwoStage as TwoStage
    from causalsim.estimation.instruments.weak_instruments import anderson_rubin as anderson_rubin

_CONTENTS = {
    "Confidence": "causalsim.estimation.instruments.confidence",
    "ConditionalLATE": "causalsim.estimation.instruments.differing",
    "DRIV": "causalsim.estimation.instruments.forests",
    "ForestLATE": "causalsim.estimation.instruments.forests",
    "LATE": "causalsim.estimation.instruments.late",
    "Overidentification": "causalsim.estimation.instruments.agreement",
    "PLIV": "causalsim.estimation.instruments.slopes",
    "TwoStage": "causalsim.estimation.instruments.slopes",
    "anderson_rubin": "causalsim.estimation.instruments.weak_instruments",
    "conditional_late": "causalsim.estimation.instruments.differing",
    "overidentification": "causalsim.estimation.instruments.agreement",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
