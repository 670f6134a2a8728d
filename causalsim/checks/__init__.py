"""Why should I believe it: attempts to break an estimate, each with a calibrated verdict."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.checks import confronting as confronting
    from causalsim.checks import refuting as refuting
    from causalsim.checks import sensitivity as sensitivity
    from causalsim.checks.balancing import Balance as Balance
    from causalsim.checks.balancing import balance as balance
    from causalsim.checks.confronting.claims import check_graph as check_graph
    from causalsim.checks.confronting.permuting import falsify as falsify
    from causalsim.checks.overlapping import OverlapReport as OverlapReport
    from causalsim.checks.overlapping import overlap as overlap
    from causalsim.checks.refutation import Refutation as Refutation
    from causalsim.checks.refutation import Refutations as Refutations
    from causalsim.checks.refuting.attempting import refute as refute
    from causalsim.checks.refuting.common_causes import RandomCommonCause as RandomCommonCause
    from causalsim.checks.refuting.negative_controls import NegativeControl as NegativeControl
    from causalsim.checks.refuting.placebos import DummyOutcome as DummyOutcome
    from causalsim.checks.refuting.placebos import PlaceboTreatment as PlaceboTreatment
    from causalsim.checks.refuting.planting import PlantedTruth as PlantedTruth
    from causalsim.checks.refuting.resampling import Bootstrap as Bootstrap
    from causalsim.checks.refuting.resampling import Subsets as Subsets
    from causalsim.checks.sensitivity.e_values import EValue as EValue
    from causalsim.checks.sensitivity.e_values import e_value as e_value
    from causalsim.checks.sensitivity.odds import odds_sensitivity as odds_sensitivity
    from causalsim.checks.sensitivity.omitting import linear_robustness as linear_robustness
    from causalsim.checks.sensitivity.omitting import robustness as robustness
    from causalsim.checks.sensitivity.robustness_values import Robustness as Robustness

_CONTENTS = {
    "confronting": "causalsim.checks.confronting",
    "check_graph": "causalsim.checks.confronting.claims",
    "falsify": "causalsim.checks.confronting.permuting",
    "balance": "causalsim.checks.balancing",
    "overlap": "causalsim.checks.overlapping",
    "refute": "causalsim.checks.refuting.attempting",
    "refuting": "causalsim.checks.refuting",
    "sensitivity": "causalsim.checks.sensitivity",
    "Bootstrap": "causalsim.checks.refuting.resampling",
    "DummyOutcome": "causalsim.checks.refuting.placebos",
    "NegativeControl": "causalsim.checks.refuting.negative_controls",
    "Balance": "causalsim.checks.balancing",
    "EValue": "causalsim.checks.sensitivity.e_values",
    "OverlapReport": "causalsim.checks.overlapping",
    "PlaceboTreatment": "causalsim.checks.refuting.placebos",
    "PlantedTruth": "causalsim.checks.refuting.planting",
    "RandomCommonCause": "causalsim.checks.refuting.common_causes",
    "Subsets": "causalsim.checks.refuting.resampling",
    "Refutation": "causalsim.checks.refutation",
    "Refutations": "causalsim.checks.refutation",
    "Robustness": "causalsim.checks.sensitivity.robustness_values",
    "e_value": "causalsim.checks.sensitivity.e_values",
    "odds_sensitivity": "causalsim.checks.sensitivity.odds",
    "linear_robustness": "causalsim.checks.sensitivity.omitting",
    "robustness": "causalsim.checks.sensitivity.omitting",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
