"""Effects along a line: the mean at every dose, the effect on every quantile."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.curves.curve import Curve as Curve
    from causalsim.estimation.curves.doses import DoseResponse as DoseResponse
    from causalsim.estimation.curves.quantiles import QuantileEffect as QuantileEffect
    from causalsim.estimation.curves.tracing import estimate_curve as estimate_curve

_CONTENTS = {
    "Curve": "causalsim.estimation.curves.curve",
    "DoseResponse": "causalsim.estimation.curves.doses",
    "QuantileEffect": "causalsim.estimation.curves.quantiles",
    "estimate_curve": "causalsim.estimation.curves.tracing",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
