"""Can the data answer it: identify a query, or say what forbids it."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.identification.answer import Adjustment as Adjustment
    from causalsim.identification.answer import Answer as Answer
    from causalsim.identification.answer import Formula as Formula
    from causalsim.identification.answer import FrontDoor as FrontDoor
    from causalsim.identification.answer import NoEffect as NoEffect
    from causalsim.identification.answer import Unidentified as Unidentified
    from causalsim.identification.c_factors import Hedge as Hedge
    from causalsim.identification.strategy import identify as identify

_CONTENTS = {
    "Adjustment": "causalsim.identification.answer",
    "Answer": "causalsim.identification.answer",
    "Formula": "causalsim.identification.answer",
    "FrontDoor": "causalsim.identification.answer",
    "Hedge": "causalsim.identification.c_factors",
    "NoEffect": "causalsim.identification.answer",
    "Unidentified": "causalsim.identification.answer",
    "identify": "causalsim.identification.strategy",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
