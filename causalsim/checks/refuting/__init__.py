"""Attempts to break an estimate: data in which it must find something known."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.checks.refuting.attempting import SUITE as SUITE
    from causalsim.checks.refuting.attempting import refute as refute
    from causalsim.checks.refuting.case import Case as Case
    from causalsim.checks.refuting.case import Refuter as Refuter
    from causalsim.checks.refuting.case import task_behind as task_behind
    from causalsim.checks.refuting.common_causes import RandomCommonCause as RandomCommonCause
    from causalsim.checks.refuting.negative_controls import NegativeControl as NegativeControl
    from causalsim.checks.refuting.placebos import DummyOutcome as DummyOutcome
    from causalsim.checks.refuting.placebos import PlaceboTreatment as PlaceboTreatment
    from causalsim.checks.refuting.planting import PlantedTruth as PlantedTruth
    from causalsim.checks.refuting.resampling import Bootstrap as Bootstrap
    from causalsim.checks.refuting.resampling import Subsets as Subsets

_CONTENTS = {
    "refute": "causalsim.checks.refuting.attempting",
    "SUITE": "causalsim.checks.refuting.attempting",
    "Bootstrap": "causalsim.checks.refuting.resampling",
    "Case": "causalsim.checks.refuting.case",
    "DummyOutcome": "causalsim.checks.refuting.placebos",
    "NegativeControl": "causalsim.checks.refuting.negative_controls",
    "PlaceboTreatment": "causalsim.checks.refuting.placebos",
    "PlantedTruth": "causalsim.checks.refuting.planting",
    "RandomCommonCause": "causalsim.checks.refuting.common_causes",
    "Refuter": "causalsim.checks.refuting.case",
    "Subsets": "causalsim.checks.refuting.resampling",
    "task_behind": "causalsim.checks.refuting.case",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
