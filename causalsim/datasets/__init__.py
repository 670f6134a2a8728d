"""Data to learn and to test with: real studies, and generators whose truth is known."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.datasets import doses as doses
    from causalsim.datasets import generators as generators
    from causalsim.datasets import hidden as hidden
    from causalsim.datasets import instruments as instruments
    from causalsim.datasets import mediators as mediators
    from causalsim.datasets import sequences as sequences
    from causalsim.datasets import survival as survival
    from causalsim.datasets import transport as transport
    from causalsim.datasets.doses import dose_and_recovery as dose_and_recovery
    from causalsim.datasets.smoking import quit_smoking as quit_smoking
    from causalsim.datasets.smoking import quit_smoking_graph as quit_smoking_graph

_CONTENTS = {
    "quit_smoking": "causalsim.datasets.smoking",
    "quit_smoking_graph": "causalsim.datasets.smoking",
    "dose_and_recovery": "causalsim.datasets.doses",
    "doses": "causalsim.datasets.doses",
    "generators": "causalsim.datasets.generators",
    "hidden": "causalsim.datasets.hidden",
    "instruments": "causalsim.datasets.instruments",
    "mediators": "causalsim.datasets.mediators",
    "sequences": "causalsim.datasets.sequences",
    "survival": "causalsim.datasets.survival",
    "transport": "causalsim.datasets.transport",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
