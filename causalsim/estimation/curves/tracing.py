"""The verb: an answer and a frame become a curve."""

from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from causalsim.errors.curves import CurveError
from causalsim.estimation.curves.curve import Curve
from causalsim.estimation.effect import answered
from causalsim.estimation.estimating import checked_task
from causalsim.estimation.estimator import Estimator
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.seeds import Seed


@runtime_checkable
class Tracing(Estimator, Protocol):
    """An estimator that can answer at many places at once."""

    def curve(self, task: Any, seed: int | Seed) -> Curve:  # noqa: ANN401
        """Estimate at every place."""


def estimate_curve(
    answer: Any,  # noqa: ANN401
    frame: Any,  # noqa: ANN401
    by: Tracing,
    seed: int | Seed = 0,
    units: str | None = None,
    weights: str | None = None,
    clusters: str | None = None,
    arms: tuple[Level, Level] | None = None,
) -> Curve:
    """Estimate along a line: the mean outcome at each dose, or the effect on each quantile.

    Args:
        answer: What ``identify`` answered.
        frame: A pandas or polars DataFrame; it is never changed.
        by: `DoseResponse` or `QuantileEffect`.
        seed: Decides every random choice.
        units: The outcome's unit; None looks for ``frame.attrs["units"][outcome]``.
        weights: The column of sampling weights.
        clusters: The column that tells which rows belong together.
        arms: For quantiles, the level compared with and the level that the effect is of.

    Returns:
        The curve, with intervals that hold at one place and a band that holds at all of them.

    Raises:
        EstimationError: The estimator cannot use this answer, or gives no curve.
        DataError: A column is missing, incomplete or not numeric.

    Examples:
        >>> from causalsim.datasets.doses import confounded_doses
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation.curves import DoseResponse
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> data = confounded_doses(600, seed=1)
        >>> answer = identify(Graph(data.graph), Query("y", do="d"))
        >>> by = DoseResponse(at=(-1.0, 0.0, 1.0), repeats=1)
        >>> curve = estimate_curve(answer, data.frame, by=by, seed=1)
        >>> gain = curve.between(-1.0, 1.0)
        >>> bool(abs(gain.value - (data.mean(1.0) - data.mean(-1.0))) < 3 * gain.standard_error)
        True
    """
    if isinstance(by, type) or not isinstance(by, Tracing):
        raise CurveError.no_curve(by)
    task = checked_task(answer, frame, by, Roles(units, weights, clusters, arms))
    made = by.curve(task, seed)
    return replace(made, effects=tuple(answered(effect, answer) for effect in made.effects))
