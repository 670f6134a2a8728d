"""An effect: a number, how sure it is, and the recipe that made it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimation.crossfitting.nuisances import Nuisances
from causalsim.estimation.intervals import Interval, p_value, standard_error, wald
from causalsim.estimation.recipe import Recipe
from causalsim.estimation.wording import shown, story, table_lines
from causalsim.plots.estimates import Estimate, forest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from causalsim.estimation.comparison import Comparison
    from causalsim.estimation.heterogeneity.conditional import ConditionalEffects


class People(Protocol):
    """Those whom an effect is of, who know how to tell it apart among themselves."""

    def given(self, effect: "Effect", columns: tuple[str, ...]) -> "ConditionalEffects":
        """The effect as a function of covariates; without names, of all that it is adjusted for."""

    def at(self, effect: "Effect", rows: Any, level: float | None) -> Any:  # noqa: ANN401
        """The effect for each row of a frame."""

    def by(self, effect: "Effect", column: str, groups: int) -> "Comparison":
        """The average effect within groups of rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """An estimated effect with its influence values.

    The estimate behaves as ``value + mean(influence)`` around the truth, from which its standard
    error, its interval and its covariance with any other effect on the same rows follow.

    Attributes:
        value: The estimate, in the outcome's unit.
        influence: One influence value a row, with mean zero.
        estimator: The estimator's short name.
        estimand: What is estimated, such as ``average effect``.
        recipe: How it was made.
        clusters: The cluster of each row, or None when rows are independent.
        spread: The variance beyond the influence values: what the random division into folds adds,
            and for the people of a sample what weights and regressions leave over.
        multiplicative: Whether it is a ratio, with its interval on the log scale and 1 for no
            effect.
        notes: What a careful reader must know, such as how many propensities were clipped.
        nuisances: The cross-fit that it was made from, for the checks; None where there was none.
        people: Who it is of, for `at`, `by` and `given`; None unless ``estimate`` or ``compare``
            made it from a frame, which is not copied.
    """

    value: float
    influence: NDArray[np.float64] = field(repr=False)
    estimator: str
    estimand: str
    recipe: Recipe = field(repr=False)
    clusters: NDArray[np.int_] | None = field(default=None, repr=False)
    spread: float = 0.0
    multiplicative: bool = False
    notes: tuple[str, ...] = ()
    nuisances: Nuisances | None = field(default=None, repr=False)
    people: People | None = field(default=None, repr=False)

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.influence)

    @property
    def standard_error(self) -> float:
        """The standard error, in the unit of the value."""
        return math.hypot(standard_error(self.influence, self.clusters), math.sqrt(self.spread))

    @property
    def null(self) -> float:
        """The value that means no effect."""
        return 1.0 if self.multiplicative else 0.0

    @property
    def z(self) -> float:
        """The distance from no effect in standard errors; for a ratio on the log scale."""
        error = self.standard_error
        if error <= 0.0:
            return 0.0 if self.value == self.null else math.copysign(math.inf, self.value)
        return (
            math.log(self.value) * self.value / error
            if self.multiplicative
            else (self.value / error)
        )

    @property
    def p_value(self) -> float:
        """The two-sided p-value of no effect."""
        return p_value(self.z, 1.0)

    def interval(self, level: float = 0.95) -> Interval:
        """A confidence interval.

        Args:
            level: Coverage, between 0 and 1.

        Returns:
            Its ends; for a ratio made on the log scale.

        Raises:
            EstimationError: A level outside (0, 1).
        """
        if not self.multiplicative:
            return wald(self.value, self.standard_error, level)
        log = wald(math.log(self.value), self.standard_error / self.value, level)
        return Interval(math.exp(log.low), math.exp(log.high), level)

    def at(self, rows: Any, level: float | None = 0.95) -> Any:  # noqa: ANN401
        """The effect for people like each row, by all covariates that it is adjusted for.

        It is learnt on the first call, which takes seconds, and kept. `given` tells it by fewer
        covariates, and how it was learnt; a regression answers by its own line.

        Args:
            rows: People with those covariates, new or old; pandas or polars.
            level: Pointwise coverage; None for predictions alone.

        Returns:
            A frame of the same kind with columns ``effect``, ``low`` and ``high``.

        Raises:
            EstimationError: An effect without propensities and outcome regressions, or computed
                from others, or whose frame was changed since.
            DataError: A covariate is missing or incomplete.
        """
        return self._known("at").at(self, rows, level)

    def by(self, column: str, groups: int = 4) -> "Comparison":
        """The average effect within levels of a column, or quantile groups of a number.

        Nothing is fitted again; ``causalsim.estimation.by_group`` tells when it holds.

        Args:
            column: What divides the rows; need not be a covariate, nor be older than the effect.
            groups: Into how many groups of equal size a number is cut.

        Raises:
            EstimationError: Not everyone's difference by AIPW or TMLE, or groups under 20 rows.
            DataError: The column is missing or incomplete.
        """
        return self._known("by").by(self, column, groups)

    def given(self, *columns: str) -> "ConditionalEffects":
        """The effect as a function of covariates, learnt once: ``effect.given("age").at(rows)``.

        Args:
            columns: What people are told apart by; none are all that it is adjusted for. Those
                left out are adjusted for nevertheless.

        Raises:
            EstimationError: As for `at`.
        """
        return self._known("given").given(self, columns)

    def _known(self, verb: str) -> People:
        """Who it is of, or an error that says why nobody knows."""
        if self.people is None:
            computed = self.recipe.estimator is None
            raise HeterogeneityError.no_people(verb, self.estimand, self.estimator, computed)
        return self.people

    def __neg__(self) -> "Effect":
        """The effect of the opposite comparison."""
        return self * -1.0

    def __add__(self, other: "Effect") -> "Effect":
        """The sum, with the covariance of the two."""
        return _derived(self, other, "plus", (1.0, 1.0))

    def __sub__(self, other: "Effect") -> "Effect":
        """The difference, with the covariance of the two.

        Raises:
            EstimationError: The effects come from different rows.
        """
        return _derived(self, other, "minus", (1.0, -1.0))

    def __radd__(self, other: object) -> "Effect":
        """Itself added to nothing, from which ``sum`` starts."""
        if isinstance(other, int) and other == 0:
            return self
        raise EstimationError.not_an_effect(other)

    def __mul__(self, factor: float) -> "Effect":
        """The effect times a number, such as a change of unit; a ratio leaves the log scale.

        Raises:
            EstimationError: No finite number.
        """
        _check_factor(factor)
        recipe = replace(self.recipe, estimator=None)
        return replace(
            self,
            value=factor * self.value,
            influence=factor * self.influence,
            spread=factor**2 * self.spread,
            estimand=f"{factor:g} times the {self.estimand}",
            multiplicative=False,
            recipe=recipe,
            people=None,
        )

    __rmul__ = __mul__

    def __truediv__(self, other: "Effect") -> "Effect":
        """The ratio of two positive effects or means, with its interval on the log scale."""
        if not isinstance(other, Effect):
            raise EstimationError.not_an_effect(other)
        if self.value <= 0.0 or other.value <= 0.0:
            raise EstimationError.no_ratio("ratio", "positive", (other.value, self.value))
        value = self.value / other.value
        slopes = (1.0 / other.value, -value / other.value)
        made = _derived(self, other, "over", slopes)
        return replace(made, value=value, multiplicative=True)

    @property
    def why(self) -> str:
        """In English: what was compared, how, with which assumptions, and what to beware of."""
        return story(self)

    def to_frame(self) -> Any:  # noqa: ANN401
        """A pandas frame of one row: estimator, estimand, value, standard error, interval, p."""
        import pandas

        return pandas.DataFrame([table_row(self)])

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON; the influence values are left out."""
        inside = self.interval()
        return {
            "value": self.value,
            "standard_error": self.standard_error,
            "interval": [inside.low, inside.high],
            "level": inside.level,
            "p_value": self.p_value,
            "n": self.n,
            "estimator": self.estimator,
            "estimand": self.estimand,
            "notes": list(self.notes),
            "recipe": self.recipe.to_dict(),
        }

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The estimate with its interval, and the line of no effect.

        Args:
            ax: The axes to draw on; by default those of a new figure.
        """
        unit = "" if self.multiplicative else self.recipe.units
        return forest([Estimate.of(self)], null=self.null, unit=unit, ax=ax)

    def __str__(self) -> str:
        """``3.4 kg (95 % CI 2.5 to 4.4), AIPW, n = 1566``."""
        inside, error = self.interval(), self.standard_error
        unit = f" {self.recipe.units}" if self.recipe.units and not self.multiplicative else ""
        told = (
            f"{shown(self.value, error)}{unit} (95 % CI {shown(inside.low, error)} to "
            f"{shown(inside.high, error)}), {self.estimator}, n = {self.n}"
        )
        return "; ".join([told, *self.notes])

    def summary(self) -> str:
        """What a table in a paper has, one line each."""
        return "\n".join(f"{name:<15} {text}" for name, text in table_lines(self))

    def _repr_html_(self) -> str:
        """A small table for notebooks."""
        cells = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
            for name, text in table_lines(self)
        )
        return f"<table>{cells}</table>"


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """One estimate out of several random divisions into folds.

    Attributes:
        value: The median of the estimates.
        influence: The mean of their influence values.
        spread: The variance beyond that of the influence values.
    """

    value: float
    influence: NDArray[np.float64]
    spread: float


def combined(
    values: Sequence[float],
    influences: Sequence[NDArray[np.float64]],
    clusters: NDArray[np.int_] | None = None,
) -> Combined:
    """The median over divisions, with the variance that takes their disagreement into account.

    ``se^2 = median_r (se_r^2 + (theta_r - theta)^2)`` with ``theta`` the median of ``theta_r``.

    Args:
        values: The estimate of every division.
        influences: Its influence values, each with mean zero.
        clusters: The cluster of each row, or None.

    Returns:
        The combination.

    >>> one = np.array([1.0, -1.0])
    >>> combined([1.0, 2.0, 9.0], [one, one, one]).value
    2.0

    References:
        Chernozhukov et al. (2018), Double/debiased machine learning, definition 3.3.
    """
    middle = float(np.median(values))
    mean = np.mean(influences, axis=0)
    variances = [
        standard_error(influence, clusters) ** 2 + (value - middle) ** 2
        for value, influence in zip(values, influences, strict=True)
    ]
    extra = float(np.median(variances)) - standard_error(mean, clusters) ** 2
    return Combined(middle, mean, max(0.0, extra))


def _check_factor(factor: Any) -> None:  # noqa: ANN401
    """A number that an effect can be multiplied with."""
    if not isinstance(factor, int | float | np.integer | np.floating) or not math.isfinite(factor):
        raise EstimationError.bad_setting("the factor", factor, "a finite number")


def _derived(first: Effect, second: Effect, word: str, slopes: tuple[float, float]) -> Effect:
    """A linear combination of two effects on the same rows."""
    if not isinstance(second, Effect):
        raise EstimationError.not_an_effect(second)
    same = first.recipe.outcome != second.recipe.outcome or (
        first.recipe.digest.split("-")[0] == second.recipe.digest.split("-")[0]
    )
    if first.n != second.n or not same:
        raise EstimationError.other_rows(first.n, second.n)
    names = dict.fromkeys((first.estimator, second.estimator))
    estimand = f"{first.estimand} {word} the {second.estimand}"
    if len(names) == 2:
        estimand = f"{first.estimand} ({first.estimator}) {word} that ({second.estimator})"
    return Effect(
        value=slopes[0] * first.value + slopes[1] * second.value,
        influence=slopes[0] * first.influence + slopes[1] * second.influence,
        estimator=f" {word} ".join(names),
        estimand=estimand,
        recipe=replace(first.recipe, estimator=None, answer=None, learners=""),
        clusters=first.clusters,
        # Divisions into folds are shared or not; adding their variances errs on the safe side.
        spread=slopes[0] ** 2 * first.spread + slopes[1] ** 2 * second.spread,
        notes=tuple(dict.fromkeys((*first.notes, *second.notes))),
    )


def table_row(effect: Effect) -> dict[str, object]:
    """An effect as a row of a table."""
    inside = effect.interval()
    return {
        "estimator": effect.estimator,
        "estimand": effect.estimand,
        "value": effect.value,
        "standard_error": effect.standard_error,
        "low": inside.low,
        "high": inside.high,
        "p_value": effect.p_value,
    }


def answered(effect: Effect, answer: object, people: People | None = None) -> Effect:
    """The same effect with the answer written into its recipe, and who it is of."""
    return replace(effect, recipe=replace(effect.recipe, answer=answer), people=people)
