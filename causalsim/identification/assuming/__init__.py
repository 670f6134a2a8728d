"""What follows if: assumptions that the caller states, and the answers that rest on them."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.identification.assuming.assumptions import Levels as Levels
    from causalsim.identification.assuming.assumptions import Linear as Linear
    from causalsim.identification.assuming.compliers import AmongCompliers as AmongCompliers
    from causalsim.identification.assuming.interval import Bounded as Bounded
    from causalsim.identification.assuming.linear_formula import LinearFormula as LinearFormula
    from causalsim.identification.assuming.linearity import LinearEffect as LinearEffect
    from causalsim.identification.bounding.response_functions import Monotone as Monotone

_CONTENTS = {
    "AmongCompliers": "causalsim.identification.assuming.compliers",
    "Bounded": "causalsim.identification.assuming.interval",
    "Levels": "causalsim.identification.assuming.assumptions",
    "Linear": "causalsim.identification.assuming.assumptions",
    "LinearEffect": "causalsim.identification.assuming.linearity",
    "LinearFormula": "causalsim.identification.assuming.linear_formula",
    "Monotone": "causalsim.identification.bounding.response_functions",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
