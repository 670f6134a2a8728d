"""Can the data answer it: identify a query, or say what forbids it."""

from causalsim.lazy import table_of_contents

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
