"""Marginal structural models: outcomes weighted to what they would be without confounding."""

from dataclasses import dataclass, replace
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
from threadpoolctl import threadpool_limits

from causalsim.errors.estimation import EstimationError
from causalsim.errors.sequences import SequenceError
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.crossfitting.folds import dealt
from causalsim.estimation.crossfitting.subsets import chances_by_fold, own_fold
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.sequences.comparing import centered, compared, takes, within_words
from causalsim.estimation.sequences.reading import (
    Mask,
    Matrix,
    Period,
    SequenceTask,
    Whole,
    read_sequence,
)
from causalsim.estimation.sequences.regimes import Rule
from causalsim.seeds import Seed, seeded

_FAR = 0.1


@runtime_checkable
class Shape(Protocol):
    """How the mean outcome depends on the treatments in a marginal structural model."""

    def columns(self, taken: Whole, task: SequenceTask) -> Matrix:
        """The regressors for treatments given as places of levels, stages by rows."""

    @property
    def in_words(self) -> str:
        """What the model says."""


@final
@dataclass(frozen=True, slots=True)
class Saturated:
    """A mean of its own for every combination of treatments; assumes nothing."""

    @property
    def in_words(self) -> str:
        """What the model says."""
        return "a mean for every combination of treatments"

    def columns(self, taken: Whole, task: SequenceTask) -> Matrix:
        """One indicator for each regime that is asked about, and the intercept of the rest.

        Rows under other regimes have no part in the means asked for.
        """
        wanted = [course.wanted[:, 0] for course in task.courses]
        hit = [np.all(taken == one[:, None], axis=0) for one in wanted]
        rest = ~np.logical_or.reduce(hit)
        return np.column_stack([*hit, rest]).astype(np.float64)


@final
@dataclass(frozen=True, slots=True)
class Additive:
    """Every treatment adds its own amount, whatever the others are."""

    @property
    def in_words(self) -> str:
        """What the model says."""
        return "a sum of what each treatment adds"

    def columns(self, taken: Whole, task: SequenceTask) -> Matrix:
        """An intercept and an indicator of each level but the first of each treatment."""
        parts = [period.action(codes) for period, codes in zip(task.periods, taken, strict=True)]
        return np.column_stack([np.ones(taken.shape[1]), *parts])


@final
@dataclass(frozen=True, slots=True)
class Cumulative:
    """The sum of the levels' places counts, whenever they were taken: dose times duration."""

    @property
    def in_words(self) -> str:
        """What the model says."""
        return "linear in the number of treatments taken"

    def columns(self, taken: Whole, task: SequenceTask) -> Matrix:
        """An intercept and the sum."""
        return np.column_stack([np.ones(taken.shape[1]), taken.sum(axis=0)]).astype(np.float64)


SATURATED = Saturated()


@final
@dataclass(frozen=True, slots=True)
class MSM:
    """A marginal structural model fitted with stabilised inverse-probability weights.

    Rows are weighted by ``sw = prod_k P(A_k | A_1 … A_{k-1}) / P(A_k | H_k)``, which makes
    treatment independent of the measured history; in the weighted rows the model
    ``E[Y(a)] = x(a)' beta`` is fitted by least squares. The variance is the robust one and takes
    the weights as known, which makes it too large rather than too small. It is right if the
    treatments' probabilities and the model are; weights far from mean one tell that they are not.
    Rows without an outcome are left out, which is right when being observed is one of the
    treatments (censoring weights).

    Args:
        model: `Saturated`, `Additive` or `Cumulative`.
        folds: How many parts the rows are divided into for the probabilities; 1 does not.
        propensity: A scikit-learn classifier, or several; None is the default stack.
        truncate: The quantile of the weights above which they are set to it; 1 leaves them.
        contrast: How two regimes are compared.

    Examples:
        >>> from causalsim.datasets.sequences import two_visits
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> data = two_visits(800, seed=1)
        >>> answer = identify(Graph(data.graph), Query("y", do=["a0", "a1"]))
        >>> by = MSM()
        >>> effect = by.fit(by.read(answer, data.frame, Roles()), seed=1)
        >>> data.always_never in effect.interval(0.99)
        True

    References:
        J. Robins, M. Hernán, B. Brumback (2000), Marginal structural models and causal inference
        in epidemiology, Epidemiology 11.
    """

    model: Shape = SATURATED
    folds: int = 5
    propensity: Any = None
    truncate: float = 1.0
    contrast: Contrast = DIFFERENCE

    def __post_init__(self) -> None:
        """Check the settings."""
        if isinstance(self.model, type) or not isinstance(self.model, Shape):
            raise EstimationError.bad_setting(
                "model", self.model, "Saturated(), Additive() or Cumulative()"
            )
        if not isinstance(self.folds, int) or self.folds < 1:
            raise EstimationError.bad_setting("folds", self.folds, "a whole number from 1")
        if not 0.5 < self.truncate <= 1.0:
            raise EstimationError.bad_setting("truncate", self.truncate, "a quantile in (0.5, 1]")

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "MSM"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "treatments, each with what must be known when it is taken"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether there are treatments with sequential back-door sets."""
        return takes(answer, None, None, least=1)

    def read(self, answer: Any, frame: Any, roles: Roles) -> SequenceTask:  # noqa: ANN401
        """The data in their roles."""
        return read_sequence(answer, frame, roles)

    def quick(self) -> "MSM":
        """Two folds."""
        return replace(self, folds=min(2, self.folds))

    def fit(self, task: SequenceTask, seed: int | Seed) -> Effect:
        """Weigh and regress.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            SequenceError: Nobody follows a regime.
            EstimationError: The model does not tell the regimes' means.
        """
        _check(task, isinstance(self.model, Saturated))
        rows = np.isfinite(task.outcome) & task.periods[-1].complete
        weights = stabilised(task, self.folds, self.propensity, seed)
        mean, largest = float(weights[rows].mean()), float(weights[rows].max())
        weights = np.minimum(weights, np.quantile(weights[rows], self.truncate))
        taken = np.stack([period.taken for period in task.periods])
        matrix = self.model.columns(taken, task)
        weighed = matrix * (task.share * weights * rows)[:, None]
        gram = weighed.T @ matrix / task.height
        bread = np.linalg.pinv(gram, hermitian=True)
        slopes = bread @ (weighed.T @ np.where(rows, task.outcome, 0.0)) / task.height
        residual = np.where(rows, task.outcome - matrix @ slopes, 0.0)
        values, influence = [], []
        for course in task.courses:
            there = self.model.columns(course.wanted, task)[0]
            if not np.allclose(gram @ (bread @ there), there):
                raise EstimationError.bad_setting(
                    "model", self.model, "one whose regressors vary in the rows"
                )
            values.append(float(there @ slopes))
            influence.append((weighed @ (bread @ there)) * residual)
        words = (
            f"{self.model.in_words}, stabilised weights with mean {mean:.3f}, "
            f"largest {largest:.3g}{within_words(task)}"
        )
        notes = (
            (f"the stabilised weights have mean {mean:.2f}, far from 1",)
            if abs(mean - 1.0) > _FAR
            else ()
        )
        return compared(
            task, [centered(values, influence)], self.contrast, self, seed, words, notes
        )


def stabilised(
    task: SequenceTask,
    folds: int,
    propensity: Any,  # noqa: ANN401
    seed: int | Seed,
) -> Matrix:
    """The stabilised weight of every row: what earlier treatments tell, over what all tells.

    Args:
        task: The data in their roles.
        folds: How many parts the rows are divided into; 1 does not.
        propensity: A scikit-learn classifier, or several; None is the default stack.
        seed: Decides folds and learners.

    Returns:
        One weight a row; zero where a treatment or what it depends on is missing.
    """
    start = seeded(seed, "weights")
    paths = np.unique([period.taken for period in task.periods], axis=1, return_inverse=True)[1]
    kinds = paths.reshape(-1).astype(np.int_)
    rng = start.child("folds").numpy()
    parts = dealt(kinds, task.clusters, folds, rng)
    weights = np.ones(task.height)
    past = np.zeros(task.height, dtype=np.int_)
    with threadpool_limits(limits=1):
        for k, period in enumerate(task.periods):
            chance = _chance(task, period, parts, propensity, start.child(f"stage {k}"))
            above = _share(period, past, task.share)
            weights = weights * np.where(period.complete, above / chance, 0.0)
            past = past * (len(period.levels) + 1) + period.taken + 1
    return weights


def _chance(
    task: SequenceTask,
    period: Period,
    parts: Whole,
    propensity: Any,  # noqa: ANN401
    seed: Seed,
) -> Matrix:
    """The probability of the treatment that each row took, given its history."""
    codes = range(1, 2) if len(period.levels) == 2 else range(len(period.levels))
    found = [
        own_fold(
            chances_by_fold(
                period.before,
                period.taken == code,
                period.complete,
                task.weights,
                parts,
                propensity,
                seed.child(str(code)),
            ),
            parts,
        )
        for code in codes
    ]
    of_level = np.stack([1.0 - found[0], found[0]] if len(codes) == 1 else found, axis=1)
    of_level = of_level / of_level.sum(axis=1, keepdims=True)
    rows = np.arange(task.height)
    chance = of_level[rows, np.maximum(period.taken, 0)]
    nobody = period.complete & (chance <= 0.0)
    if nobody.any():
        raise EstimationError.no_overlap(period.treatment, int(nobody.sum()), task.height)
    return np.asarray(np.maximum(chance, 1e-300), dtype=np.float64)


def _share(period: Period, past: Whole, share: Matrix) -> Matrix:
    """The proportion that took the same treatment among those with the same treatments before."""
    keys, codes = np.unique(past, return_inverse=True)
    codes = codes.reshape(-1)
    joint = codes * (len(period.levels) + 1) + period.taken + 1
    weights = np.where(period.complete, share, 0.0)
    above = np.bincount(joint, weights, minlength=len(keys) * (len(period.levels) + 1))
    below = np.bincount(codes, weights)
    found: Mask = below[codes] > 0.0
    return np.where(found, above[joint] / np.where(found, below[codes], 1.0), 0.0)


def _check(task: SequenceTask, saturated: bool) -> None:
    """Static regimes, each with somebody who follows it where no model fills the gap."""
    for course in task.courses:
        for name, step in course.regime.steps:
            if isinstance(step, Rule):
                raise EstimationError.bad_setting(name, str(step), "a level in an MSM; by=LTMLE()")
        if saturated and not course.followed[-1].any():
            last = task.periods[-1].treatment
            raise SequenceError.nobody_follows(str(course.regime), last, 0, 1)
