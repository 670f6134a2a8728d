"""Several estimators of one answer side by side, on the same folds and nuisances."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfit import CrossFit
from causalsim.estimation.effect import Effect, answered
from causalsim.estimation.estimating import checked_task
from causalsim.estimation.estimator import Estimator, Sharing
from causalsim.estimation.learners import Mean
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The effects that several estimators gave.

    Attributes:
        effects: In the order in which the estimators were named.
    """

    effects: tuple[Effect, ...]

    def __iter__(self) -> Iterator[Effect]:
        """One effect after the other."""
        return iter(self.effects)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.effects)

    def __getitem__(self, place: int) -> Effect:
        """The effect at a place."""
        return self.effects[place]

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {"effects": [effect.to_dict() for effect in self.effects]}

    def to_frame(self) -> Any:  # noqa: ANN401
        """A pandas frame with one row an estimator."""
        import pandas

        inside = [effect.interval() for effect in self.effects]
        return pandas.DataFrame(
            {
                "estimator": [effect.estimator for effect in self.effects],
                "estimand": [effect.estimand for effect in self.effects],
                "value": [effect.value for effect in self.effects],
                "standard_error": [effect.standard_error for effect in self.effects],
                "low": [one.low for one in inside],
                "high": [one.high for one in inside],
                "p_value": [effect.p_value for effect in self.effects],
            }
        )

    def __str__(self) -> str:
        """One line for each estimator."""
        return "\n".join(f"{effect.estimand}: {effect}" for effect in self.effects)

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        rows = "".join(
            f"<tr><td>{escape(one.estimator)}</td><td>{escape(one.estimand)}</td>"
            f"<td>{escape(str(one))}</td></tr>"
            for one in self.effects
        )
        return f"<table><tr><th>estimator</th><th>estimand</th><th>effect</th></tr>{rows}</table>"


def compare(
    answer: Any,  # noqa: ANN401
    frame: Any,  # noqa: ANN401
    by: Sequence[Estimator],
    seed: int | Seed = 0,
    units: str | None = None,
    weights: str | None = None,
    clusters: str | None = None,
) -> Comparison:
    """Estimate one answer in several ways.

    The nuisances are fitted once, by the recipe of the first estimator that has a full one, and
    every estimator that can reads them; estimators without nuisances fit on their own. The
    difference of two entries is an effect again, with the right covariance.

    Args:
        answer: What ``identify`` answered.
        frame: A pandas or polars DataFrame; it is never changed.
        by: The estimators.
        seed: Decides every random choice.
        units: The outcome's unit; None looks for ``frame.attrs["units"][outcome]``.
        weights: The column of sampling weights.
        clusters: The column that tells which rows belong together.

    Returns:
        The effects, in the order of ``by``.

    Raises:
        EstimationError: No estimator, or one that cannot use this answer.
        DataError: A column is missing, misspelt, incomplete, infinite or not numeric.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimation import AIPW, IPW
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.identification.strategy import identify
        >>> data = nonlinear_confounding(400, seed=1)
        >>> answer = identify(Graph(data.graph), Query("y", do="a"))
        >>> both = compare(answer, data.frame, by=[AIPW(repeats=1), IPW()], seed=1)
        >>> change = both[0] - both[1]
        >>> bool(change.standard_error < both[1].standard_error)
        True
    """
    estimators = tuple(by) if isinstance(by, Sequence) else (by,)
    if not estimators:
        raise EstimationError.not_an_estimator(by)
    task = [checked_task(answer, frame, one, units, weights, clusters) for one in estimators][-1]
    shared = _shared(estimators)
    nuisances = None if shared is None else shared.fit(task, seed)
    effects = []
    for one in estimators:
        if isinstance(one, Sharing) and shared is not None and nuisances is not None:
            effects.append(one.on(shared).effect(task, nuisances, seed))
        else:
            effects.append(one.fit(task, seed))
    return Comparison(tuple(answered(effect, answer) for effect in effects))


def _shared(estimators: Sequence[Estimator]) -> CrossFit | None:
    """The first recipe among those with the most to share: with an outcome regression."""
    found = [one.crossfit for one in estimators if isinstance(one, Sharing)]
    full = [one for one in found if not isinstance(one.outcome, Mean)]
    return next(iter([*full, *found]), None)
