"""How wrong must something be, that nobody can see, for the conclusion to fall?"""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.checks.sensitivity.contours import Contour as Contour
    from causalsim.checks.sensitivity.e_values import EValue as EValue
    from causalsim.checks.sensitivity.e_values import e_value as e_value
    from causalsim.checks.sensitivity.odds import OddsSensitivity as OddsSensitivity
    from causalsim.checks.sensitivity.odds import odds_sensitivity as odds_sensitivity
    from causalsim.checks.sensitivity.omitting import benchmarks as benchmarks
    from causalsim.checks.sensitivity.omitting import linear_robustness as linear_robustness
    from causalsim.checks.sensitivity.omitting import robustness as robustness
    from causalsim.checks.sensitivity.pairs import PairSensitivity as PairSensitivity
    from causalsim.checks.sensitivity.pairs import pair_differences as pair_differences
    from causalsim.checks.sensitivity.pairs import rosenbaum as rosenbaum
    from causalsim.checks.sensitivity.partial import Range as Range
    from causalsim.checks.sensitivity.robustness_values import Benchmark as Benchmark
    from causalsim.checks.sensitivity.robustness_values import Robustness as Robustness
    from causalsim.checks.sensitivity.worst_cases import worst_case as worst_case

_CONTENTS = {
    "Contour": "causalsim.checks.sensitivity.contours",
    "EValue": "causalsim.checks.sensitivity.e_values",
    "e_value": "causalsim.checks.sensitivity.e_values",
    "OddsSensitivity": "causalsim.checks.sensitivity.odds",
    "odds_sensitivity": "causalsim.checks.sensitivity.odds",
    "benchmarks": "causalsim.checks.sensitivity.omitting",
    "linear_robustness": "causalsim.checks.sensitivity.omitting",
    "robustness": "causalsim.checks.sensitivity.omitting",
    "PairSensitivity": "causalsim.checks.sensitivity.pairs",
    "pair_differences": "causalsim.checks.sensitivity.pairs",
    "rosenbaum": "causalsim.checks.sensitivity.pairs",
    "Range": "causalsim.checks.sensitivity.partial",
    "Benchmark": "causalsim.checks.sensitivity.robustness_values",
    "Robustness": "causalsim.checks.sensitivity.robustness_values",
    "worst_case": "causalsim.checks.sensitivity.worst_cases",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
