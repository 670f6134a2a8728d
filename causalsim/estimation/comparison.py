"""Several estimators of one answer side by side, on the same folds and nuisances."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.learners import Mean
from causalsim.estimation.effect import Effect, answered, table_row
from causalsim.estimation.estimating import checked_task
from causalsim.estimation.estimator import Estimator, Sharing
from causalsim.estimation.estimators.doubly_robust import AIPW
from causalsim.estimation.intervals import Interval, checked_level
from causalsim.estimation.people import Sample
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.sameness import Sameness, same
from causalsim.plots.estimates import Estimate, forest
from causalsim.seeds import Seed, seeded

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        """A pandas frame with one row an estimator, its notes in the last column."""
        import pandas

        return pandas.DataFrame(
            [{**table_row(effect), "notes": "; ".join(effect.notes)} for effect in self.effects]
        )

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The estimates below one another, each with its interval.

        Args:
            ax: The axes to draw on; by default those of a new figure.
        """
        first = self.effects[0]
        shown = [Estimate.of(effect, f"{effect.estimator}") for effect in self.effects]
        if len({one.label for one in shown}) < len(shown):
            shown = [
                Estimate.of(effect, f"{effect.estimand}, {effect.estimator}")
                for effect in self.effects
            ]
        unit = "" if first.multiplicative else first.recipe.units
        return forest(shown, null=first.null, unit=unit, ax=ax)

    def joint_intervals(self, level: float = 0.95, seed: int | Seed = 0) -> tuple[Interval, ...]:
        """Intervals that hold all true effects at once with this probability.

        Each is ``value ± c se``, where ``c`` is the quantile of the greatest absolute value of
        normal deviates that are correlated like the effects' influence values (10,000 draws of
        Gaussian multipliers). Ratios are treated on the log scale.

        Args:
            level: The joint probability.
            seed: Decides the draws.

        Raises:
            EstimationError: The effects come from different rows, or the level is no probability.

        References:
            A. Belloni, V. Chernozhukov, D. Chetverikov, Y. Wei (2018), Uniformly valid
            post-regularization confidence regions for many functional parameters, Annals of
            Statistics 46, algorithm 1.
        """
        heights = {effect.n for effect in self.effects}
        if len(heights) > 1:
            raise EstimationError.other_rows(min(heights), max(heights))
        psi = np.column_stack([effect.influence for effect in self.effects])
        clusters = self.effects[0].clusters
        if clusters is not None:
            summed = np.zeros((clusters.max() + 1, psi.shape[1]))
            np.add.at(summed, clusters, psi)
            psi = summed
        spread = np.sqrt((psi**2).sum(axis=0))
        correlation = (psi.T @ psi) / np.outer(spread, spread)
        rng = seeded(seed, "joint intervals").numpy()
        draws = rng.standard_normal((10_000, psi.shape[1])) @ _root(correlation).T
        critical = float(np.quantile(np.abs(draws).max(axis=1), checked_level(level)))
        widened = 2.0 * ndtr(critical) - 1.0
        return tuple(effect.interval(widened) for effect in self.effects)

    def same(self) -> Sameness:
        """Whether the effects may all be the same: Wald's test of their differences.

        Raises:
            EstimationError: One effect alone, effects of different rows, or ratios beside
                differences.
        """
        return same(self.effects)

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
    arms: tuple[Level, Level] | None = None,
    propensity: str | None = None,
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
        arms: The level compared with and the level that the effect is of.
        propensity: The column with the known probability of the higher of two levels.

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
    roles = Roles(units, weights, clusters, arms, propensity)
    tasks = [checked_task(answer, frame, one, roles) for one in estimators]
    shared = _shared(estimators)
    nuisances = None if shared is None else shared.fit(tasks[0], seed)
    effects = []
    for one, task in zip(estimators, tasks, strict=True):
        if isinstance(one, Sharing) and shared is not None and nuisances is not None:
            effects.append(one.on(shared).effect(task, nuisances, seed))
        else:
            effects.append(one.fit(task, seed))
    return Comparison(
        tuple(
            answered(effect, answer, Sample.of(frame, task))
            for effect, task in zip(effects, tasks, strict=True)
        )
    )


def every_arm(
    answer: Any,  # noqa: ANN401
    frame: Any,  # noqa: ANN401
    against: Level,
    by: Sharing = AIPW(),  # noqa: B008  (frozen)
    seed: int | Seed = 0,
    units: str | None = None,
    weights: str | None = None,
    clusters: str | None = None,
) -> Comparison:
    """Compare every arm of a treatment with one of them, from a single cross-fit.

    Args:
        answer: What ``identify`` answered; its treatment is left free.
        frame: A pandas or polars DataFrame; it is never changed.
        against: The level that all others are compared with.
        by: The estimator.
        seed: Decides every random choice.
        units: The outcome's unit; None looks for ``frame.attrs["units"][outcome]``.
        weights: The column of sampling weights.
        clusters: The column that tells which rows belong together.

    Returns:
        One effect for each other level, in their order; `Comparison.joint_intervals` takes
        account of there being several.

    Raises:
        EstimationError: An estimator that cannot use this answer or shares no nuisances, or a
            level that nobody has.

    Examples:
        >>> import numpy, pandas
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.identification.strategy import identify
        >>> rng = numpy.random.default_rng(1)
        >>> rows = pandas.DataFrame({"x": rng.normal(size=600)})
        >>> rows["dose"] = rng.choice(["none", "half", "full"], size=600)
        >>> gain = rows.dose.map({"none": 0, "half": 1, "full": 3})
        >>> rows["y"] = rows.x + gain + rng.normal(size=600)
        >>> answer = identify(Graph("x -> y <- dose; x -> dose"), Query("y", do="dose"))
        >>> found = every_arm(answer, rows, against="none", by=AIPW(repeats=1), seed=1)
        >>> [round(one.value) for one in found]
        [3, 1]
    """
    if isinstance(by, type) or not isinstance(by, Sharing):
        raise EstimationError.shares_nothing(by)
    levels = np.unique(frames.values(frame, answer.query.treatments[0])).tolist()
    others = [level for level in levels if level != against]
    tasks = [
        checked_task(answer, frame, by, Roles(units, weights, clusters, (against, level)))
        for level in others
    ]
    nuisances = by.crossfit.fit(tasks[0], seed, type(by).__name__)
    return Comparison(
        tuple(
            answered(by.effect(task, nuisances, seed), answer, Sample.of(frame, task))
            for task in tasks
        )
    )


def _root(correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """A square root of a correlation matrix that may be singular."""
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray(vectors * np.sqrt(np.clip(values, 0.0, None)), dtype=np.float64)


def _shared(estimators: Sequence[Estimator]) -> CrossFit | None:
    """The first recipe among those with the most to share: with an outcome regression."""
    found = [one.crossfit for one in estimators if isinstance(one, Sharing)]
    full = [one for one in found if not isinstance(one.outcome, Mean)]
    return next(iter([*full, *found]), None)
