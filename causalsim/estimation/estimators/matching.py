"""Matching: everybody is compared with the people most like them in the other arm."""

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimation.averaging.assembly import check_aim
from causalsim.estimation.averaging.contrasts import DIFFERENCE
from causalsim.estimation.averaging.targets import EVERYONE, Everyone, Target, Treated, Untreated
from causalsim.estimation.crossfitting.learners import Logistic
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.adjusting import Adjusting
from causalsim.estimation.estimators.least_squares import standardised
from causalsim.estimation.estimators.neighbours import Places, matched, twins
from causalsim.estimation.reading.task import Task
from causalsim.estimation.recipe import Recipe
from causalsim.seeds import Seed

Matrix = NDArray[np.float64]
_FEWER = "ask for fewer neighbours"
_PLAIN = "leave the regression out by corrected=False, or adjust for less"
_USUAL, _FAR, _TOLD, _NOWHERE = 0.95, 3.0, 0.05, 1e-6
_ENOUGH = 20


@runtime_checkable
class Likeness(Protocol):
    """What makes two people alike."""

    def coordinates(self, task: Task) -> Matrix:
        """Points whose Euclidean distance is the unlikeness of two rows; from covariates alone."""


@final
@dataclass(frozen=True, slots=True)
class Mahalanobis:
    """Distance of the covariates in units of their own spread and correlation."""

    def coordinates(self, task: Task) -> Matrix:
        """The covariates, whitened; those that repeat others add nothing."""
        scaled = standardised(task.design.matrix)
        values, vectors = np.linalg.eigh(scaled.T @ scaled / len(scaled))
        kept = values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)
        return np.asarray(scaled @ (vectors[:, kept] / np.sqrt(values[kept])), dtype=np.float64)


@final
@dataclass(frozen=True, slots=True)
class PropensityScore:
    """Distance of the log odds of treatment, by logistic regression on splines.

    The score is taken as known: for everyone's effect the interval is then too wide rather than
    too narrow, for the effect on the treated it may be either (Abadie and Imbens 2016).
    """

    def coordinates(self, task: Task) -> Matrix:
        """The log odds, one column."""
        if not task.design.matrix.shape[1]:
            return np.zeros((task.height, 1))
        learnt = Logistic(products=False, strength=100.0).fit(
            task.design.matrix, task.arm.astype(np.float64), task.weights, 0
        )
        chance = np.clip(learnt(task.design.matrix)[:, 1], 1e-12, 1.0 - 1e-12)
        return np.log(chance / (1.0 - chance))[:, None]


@final
@dataclass(frozen=True, slots=True)
class Matching(Adjusting):
    """Nearest-neighbour matching with replacement, and the interval of Abadie and Imbens.

    The outcome that a person would have had in the other arm is taken from the ``neighbours``
    people nearest to them there, or more where several are as near as the last of these; the bias
    that their unlikeness leaves is removed by a linear regression in that arm,
    ``Y_j + mu(X_i) - mu(X_j)``, unless ``corrected=False``. With ``K`` the sum of what a person
    counts as a match of others, and ``K'`` that of its squares, the variance is that of the
    imputed differences and ``K^2 + 2 K - K'`` times that of everybody's noise (``K^2 - K'`` for
    the effect on one arm), itself estimated from their nearest neighbours in their own arm. The
    bootstrap is not valid for matching (Abadie and Imbens 2008) and is not used.

    Where nobody alike exists it says so, but cannot do better. Several or continuous covariates
    make matches poor; AIPW is then both less biased and more precise.

    Args:
        likeness: `Mahalanobis()` or `PropensityScore()`.
        neighbours: ``M``, how many matches each person gets; all who are as near as the last of
            them count, each the same.
        corrected: Whether the bias of inexact matches is removed.
        target: Everyone, the treated or the untreated.

    Examples:
        Those who are older are treated more often, and fare worse; the effect is 2:

        >>> import numpy, pandas
        >>> from causalsim.estimand.query import Query
        >>> rng = numpy.random.default_rng(1)
        >>> age = rng.uniform(20, 70, 500)
        >>> treated = (rng.random(500) < age / 100).astype(int)
        >>> y = 2 * treated - (age / 20) ** 2 + rng.normal(size=500)
        >>> rows = pandas.DataFrame({"age": age, "treated": treated, "y": y})
        >>> task = Task.of(rows, Query("y", do="treated"), ("age",))
        >>> effect = Matching(neighbours=2).fit(task, seed=1)
        >>> 2.0 in effect.interval()
        True

    References:
        A. Abadie, G. Imbens (2006), Large sample properties of matching estimators for average
        treatment effects, Econometrica 74, theorems 6 and 7; (2011), Bias-corrected matching
        estimators, JBES 29.
    """

    likeness: Likeness = Mahalanobis()
    neighbours: int = 1
    corrected: bool = True
    target: Target = EVERYONE

    def __post_init__(self) -> None:
        """Check the settings."""
        check_aim(self.target, DIFFERENCE)
        if isinstance(self.likeness, type) or not isinstance(self.likeness, Likeness):
            raise EstimationError.bad_setting(
                "likeness", self.likeness, "Mahalanobis() or PropensityScore()"
            )
        if not isinstance(self.neighbours, int) or self.neighbours < 1:
            raise EstimationError.bad_setting(
                "neighbours", self.neighbours, "a whole number from 1"
            )
        if not isinstance(self.target, Everyone | Treated | Untreated):
            raise EstimationError.bad_setting(
                "target", self.target, "Everyone(), Treated() or Untreated() for matching"
            )

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "matching"

    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """Match and compare; nothing is random here.

        Args:
            task: The data in their roles.
            seed: Written into the recipe.

        Raises:
            EstimationError: More than two arms, sampling weights or clusters, or an arm with no
                more rows than neighbours.
        """
        self._check(task)
        high = task.arm == task.pair[1]
        places = Places.of(task.design.matrix, self.likeness.coordinates(task))
        other, noise, reach = (np.empty(task.height) for _ in range(3))
        apart = np.empty(task.height)
        extra = np.zeros(task.height)
        for arm in (high, ~high):
            found = matched(places, arm, ~arm, self.neighbours)
            fitted = _linear(task, ~arm) if self.corrected else np.zeros(task.height)
            there = np.where(arm, 0.0, task.outcome - fitted)
            other[arm] = found.mean(places.totals(there))[places.of_row[arm]] + fitted[arm]
            apart[arm] = found.distance[places.of_row[arm]]
            noise[arm], reach[arm] = twins(places, arm, task.outcome)
            if self._asked(arm is high):
                once, twice = (one[places.of_row[~arm]] for one in found.uses)
                both = 2.0 * once if isinstance(self.target, Everyone) else 0.0
                extra[~arm] = once**2 + both - twice
        member = np.ones(task.height, dtype=bool)
        if not isinstance(self.target, Everyone):
            member = high if isinstance(self.target, Treated) else ~high
        gains = np.where(high, 1.0, -1.0) * (task.outcome - other)
        value = float(gains[member].mean())
        count = int(member.sum())
        influence = task.height / count * np.where(member, gains - value, 0.0)
        return Effect(
            value=value,
            influence=influence,
            estimator=self.name,
            estimand=self.target.in_words(task),
            recipe=Recipe.of(task, self, seed, f"{self.neighbours} matches by {self.likeness}"),
            clusters=None,
            spread=max(0.0, float((extra * noise).sum()) / count**2),
            notes=(*_poor(task, apart[member], reach), *task.notes),
        )

    def _asked(self, high: bool) -> bool:
        """Whether rows of this arm belong to the target, so that their matches count."""
        if isinstance(self.target, Everyone):
            return True
        return high == isinstance(self.target, Treated)

    def _check(self, task: Task) -> None:
        """Two arms of independent rows, each with enough people to match."""
        if len(task.levels) != 2:
            raise EstimationError.two_arms_only(self.name, task.treatment, task.levels)
        if task.weights is not None or task.clusters is not None:
            raise ReadingError.unweighted(
                self.name, task.roles.weights or task.roles.clusters, task.weights is not None
            )
        columns = len(task.design.columns) if self.corrected else 0
        for code, level in enumerate(task.levels):
            count = int((task.arm == code).sum())
            if count <= max(self.neighbours, 1):
                least = max(self.neighbours, 1) + 1
                raise ReadingError.small_arm(task.treatment, level, count, least, _FEWER)
            if count <= columns + 1:
                raise ReadingError.small_arm(task.treatment, level, count, columns + 2, _PLAIN)


def _linear(task: Task, rows: NDArray[np.bool_]) -> Matrix:
    """The outcome's linear regression in some rows, predicted for all."""
    wide = np.column_stack([np.ones(task.height), standardised(task.design.matrix)])
    slopes = np.linalg.lstsq(wide[rows], task.outcome[rows], rcond=None)[0]
    return np.asarray(wide @ slopes, dtype=np.float64)


def _poor(task: Task, apart: Matrix, reach: Matrix) -> tuple[str, ...]:
    """A warning where people are far from their matches, by how near people of one arm are.

    Raises:
        ReadingError: Nobody has anybody near.
    """
    usual = float(np.quantile(reach, _USUAL))
    far = float(np.mean(apart > max(_FAR * usual, _NOWHERE)))
    if far == 1.0 and np.bincount(task.arm).min() >= _ENOUGH:
        raise ReadingError.unlike(task.treatment)
    if far < _TOLD:
        return ()
    return (
        f"{far:.0%} of people have no match near them: their nearest is more than {_FAR:g} times "
        f"as far as {_USUAL:.0%} of people are from somebody in their own arm; by=AIPW("
        "target=Overlap()) leaves them out",
    )
