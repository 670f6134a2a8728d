"""Data to learn and to test with: real studies, and generators whose truth is known."""

from causalsim.lazy import table_of_contents

_CONTENTS = {
    "quit_smoking": "causalsim.datasets.smoking",
    "quit_smoking_graph": "causalsim.datasets.smoking",
    "dose_and_recovery": "causalsim.datasets.generators",
    "generators": "causalsim.datasets.generators",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
