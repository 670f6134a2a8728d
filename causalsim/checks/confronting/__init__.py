"""Does the graph fit the data: its independencies tested, and its names shuffled."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.checks.confronting.claims import ClaimCheck as ClaimCheck
    from causalsim.checks.confronting.claims import GraphCheck as GraphCheck
    from causalsim.checks.confronting.claims import check_graph as check_graph
    from causalsim.checks.confronting.dependence import (
        GeneralisedCovariance as GeneralisedCovariance,
    )
    from causalsim.checks.confronting.dependence import IndependenceTest as IndependenceTest
    from causalsim.checks.confronting.dependence import (
        StratifiedPermutation as StratifiedPermutation,
    )
    from causalsim.checks.confronting.doubts import Doubt as Doubt
    from causalsim.checks.confronting.permuting import Falsification as Falsification
    from causalsim.checks.confronting.permuting import falsify as falsify

_CONTENTS = {
    "check_graph": "causalsim.checks.confronting.claims",
    "falsify": "causalsim.checks.confronting.permuting",
    "Doubt": "causalsim.checks.confronting.doubts",
    "Falsification": "causalsim.checks.confronting.permuting",
    "GeneralisedCovariance": "causalsim.checks.confronting.dependence",
    "GraphCheck": "causalsim.checks.confronting.claims",
    "IndependenceTest": "causalsim.checks.confronting.dependence",
    "StratifiedPermutation": "causalsim.checks.confronting.dependence",
    "ClaimCheck": "causalsim.checks.confronting.claims",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
