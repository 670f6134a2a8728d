"""Matching: everybody is compared with the people most like them in the other arm."""

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.assembly import check_aim
from causalsim.estimation.contrasts import DIFFERENCE
from causalsim.estimation.crossfitting.learners import Logistic
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.adjusting import Adjusting
from causalsim.estimation.reading.task import Task
from causalsim.estimation.recipe import Recipe
from causalsim.estimation.targets import EVERYONE, Everyone, Target, Treated, Untreated
from causalsim.seeds import Seed

Matrix = NDArray[np.float64]


@runtime_checkable
class Likeness(Protocol):
    """What makes two people alike."""

    def coordinates(self, task: Task) -> Matrix:
        """Points whose Euclidean distance is the unlikeness of two rows."""


@final
@dataclass(frozen=True, slots=True)
class Mahalanobis:
    """Distance of the covariates in units of their own spread and correlation."""

    def coordinates(self, task: Task) -> Matrix:
        """The covariates, whitened; those that repeat others add nothing."""
        matrix = task.design.matrix
        centered = matrix - matrix.mean(axis=0)
        values, vectors = np.linalg.eigh(centered.T @ centered / len(matrix))
        kept = values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)
        return np.asarray(centered @ (vectors[:, kept] / np.sqrt(values[kept])), dtype=np.float64)


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
    people nearest to them there; the bias that their unlikeness leaves is removed by a linear
    regression in that arm, ``Y_j + mu(X_i) - mu(X_j)``, unless ``corrected=False``. The variance
    is that of the imputed differences and, for every person used ``K`` times as a match, of
    ``K / M`` of their noise, itself estimated from their nearest neighbour in their own arm. The
    bootstrap is not valid for matching (Abadie and Imbens 2008) and is not used.

    It fails silently where nobody alike exists: look at ``overlap``. Several or continuous
    covariates make matches poor; AIPW is then both less biased and more precise.

    Args:
        likeness: `Mahalanobis()` or `PropensityScore()`.
        neighbours: ``M``, how many matches each person gets; people at equal distance of the last
            are taken in the order of the rows.
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
        points = self.likeness.coordinates(task)
        other = np.empty(task.height)
        uses = np.zeros(task.height)
        noise = np.empty(task.height)
        for arm in (high, ~high):
            here, there = np.flatnonzero(arm), np.flatnonzero(~arm)
            found = there[_nearest(points[there], points[here], self.neighbours)]
            imputed = task.outcome[found]
            if self.corrected:
                fitted = _linear(task, there)
                imputed = imputed + fitted[here][:, None] - fitted[found]
            other[here] = imputed.mean(axis=1)
            if self._asked(arm is high):
                np.add.at(uses, found.ravel(), 1.0)
            itself = _nearest(points[here], points[here], 2)
            twin = np.where(itself[:, 0] == np.arange(len(here)), itself[:, 1], itself[:, 0])
            noise[here] = (task.outcome[here] - task.outcome[here][twin]) ** 2 / 2.0
        member = np.ones(task.height, dtype=bool)
        if not isinstance(self.target, Everyone):
            member = high if isinstance(self.target, Treated) else ~high
        gains = np.where(high, 1.0, -1.0) * (task.outcome - other)
        value = float(gains[member].mean())
        m = self.neighbours
        both = isinstance(self.target, Everyone)
        share = (uses / m) ** 2 + ((2 * m - 1) / m if both else -1.0 / m) * uses / m
        count = int(member.sum())
        influence = task.height / count * np.where(member, gains - value, 0.0)
        return Effect(
            value=value,
            influence=influence,
            estimator=self.name,
            estimand=self.target.in_words(task),
            recipe=Recipe.of(task, self, seed, f"{m} matches by {self.likeness}"),
            clusters=None,
            spread=max(0.0, float((share * noise).sum()) / count**2),
            notes=task.notes,
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
            raise EstimationError.bad_setting(
                "weights and clusters", "given", "None for matching; by=AIPW() takes them"
            )
        for code, level in enumerate(task.levels):
            count = int((task.arm == code).sum())
            if count <= max(self.neighbours, 1):
                raise EstimationError.few_rows(task.treatment, level, count, self.neighbours)


def _nearest(pool: Matrix, wanted: Matrix, count: int) -> NDArray[np.int_]:
    """For each wanted point the places in the pool of its nearest neighbours."""
    from sklearn.neighbors import NearestNeighbors

    count = min(count, len(pool))
    found = NearestNeighbors(n_neighbors=count).fit(pool).kneighbors(wanted, return_distance=False)
    return np.asarray(found, dtype=np.int_)


def _linear(task: Task, rows: NDArray[np.int_]) -> Matrix:
    """The outcome's linear regression in some rows, predicted for all."""
    wide = np.column_stack([np.ones(task.height), task.design.matrix])
    slopes = np.linalg.lstsq(wide[rows], task.outcome[rows], rcond=None)[0]
    return np.asarray(wide @ slopes, dtype=np.float64)
