"""Is the formula right: an answer against random discrete models of its graph."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.identification.verification.check import TOLERANCE as TOLERANCE
    from causalsim.identification.verification.check import largest_error as largest_error
    from causalsim.identification.verification.check import verified as verified
    from causalsim.identification.verification.discrete_model import DiscreteModel as DiscreteModel
    from causalsim.identification.verification.response_model import ResponseModel as ResponseModel

_CONTENTS = {
    "DiscreteModel": "causalsim.identification.verification.discrete_model",
    "ResponseModel": "causalsim.identification.verification.response_model",
    "TOLERANCE": "causalsim.identification.verification.check",
    "largest_error": "causalsim.identification.verification.check",
    "verified": "causalsim.identification.verification.check",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
