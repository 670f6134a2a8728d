"""Dynamic double machine learning: what each treatment of a sequence adds, any covariates."""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from threadpoolctl import threadpool_limits

from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.sequences import SequenceError
from causalsim.estimation.averaging.contrasts import DIFFERENCE
from causalsim.estimation.averaging.targets import ArmMeans
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.folds import check_clusters, dealt
from causalsim.estimation.crossfitting.subsets import chances_by_fold, means_by_fold, own_fold
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.sequences.comparing import centered, compared, takes, within_words
from causalsim.estimation.sequences.reading import Matrix, SequenceTask, Whole, read_sequence
from causalsim.estimation.sequences.regimes import Rule
from causalsim.seeds import Seed, seeded

_LEFT = 0.01


@final
@dataclass(frozen=True, slots=True)
class DynamicDML:
    """Constant blips of a sequence of treatments, by residuals on residuals, cross-fitted.

    If treatment ``k`` adds ``psi_k`` whatever the history, then with residuals on the history
    before it, ``Y_k = Y - E[Y | H_k]`` and ``A_jk = A_j - E[A_j | H_k]``,

        sum_i A_kk (Y_k - sum_{j >= k} A_jk psi_j) = 0   for every k,

    a triangular system solved from the last treatment to the first. The equations are orthogonal,
    so that any learners whose errors vanish moderately fast serve; `GEstimation` is the same with
    parametric models, and with modifiers. Blips that differ between histories are averaged by
    weights of their own: `LTMLE` does not assume that they are constant.

    Args:
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1.
        outcome: A scikit-learn regressor of outcome and later treatments, or several to stack.
        propensity: A scikit-learn classifier of each treatment.

    Examples:
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> import pandas
        >>> rng = np.random.default_rng(1)
        >>> l0, u, e = rng.normal(size=(3, 1000))
        >>> a0 = (rng.random(1000) < 1 / (1 + np.exp(-l0))).astype(int)
        >>> l1 = l0 + a0 + u
        >>> a1 = (rng.random(1000) < 1 / (1 + np.exp(-l1))).astype(int)
        >>> rows = pandas.DataFrame({"l0": l0, "a0": a0, "l1": l1, "a1": a1, "y": l1 + a1 + e})
        >>> graph = Graph("l0 -> {a0 l1 y}; a0 -> {l1 a1 y}; l1 -> {a1 y}; a1 -> y")
        >>> answer = identify(graph, Query("y", do=["a0", "a1"]))
        >>> by = DynamicDML(folds=2)
        >>> 2.0 in by.fit(by.read(answer, rows, Roles()), seed=1).interval(0.99)
        True

    References:
        G. Lewis, V. Syrgkanis (2021), Double/debiased machine learning for dynamic treatment
        effects, NeurIPS 34.
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    propensity: Any = None

    def __post_init__(self) -> None:
        """Check the settings."""
        _ = CrossFit(self.folds, self.repeats, self.outcome, self.propensity)
        if isinstance(self.propensity, int | float):
            raise EstimationError.bad_setting("propensity", self.propensity, "a classifier")

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "dynamic DML"

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

    def quick(self) -> "DynamicDML":
        """Two folds, divided once."""
        return replace(self, folds=min(2, self.folds), repeats=1)

    def fit(self, task: SequenceTask, seed: int | Seed) -> Effect:
        """Learn the residuals and solve.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            SequenceError: A treatment with more than two levels, or a rule.
            DataError: An outcome that is missing.
        """
        check_blips(task, self.name)
        start = seeded(seed, "dynamic")
        with threadpool_limits(limits=1):
            found = [
                self._means(task, start.child(f"split {number}"))
                for number in range(self.repeats or 1)
            ]
        outcome = "ridge/boosting stack" if self.outcome is None else str(self.outcome)
        treated = "logistic/boosting" if self.propensity is None else str(self.propensity)
        words = (
            f"constant blips, outcome by {outcome}, treatments by {treated}, {self.folds} folds"
            f"{within_words(task)}"
        )
        return compared(task, found, DIFFERENCE, self, seed, words)

    def _means(self, task: SequenceTask, seed: Seed) -> ArmMeans:
        """The regimes' means from one division."""
        folds = _divided(task, self.folds, seed.child("folds").numpy())
        share, stages = task.share, len(task.periods)
        everyone = np.ones(task.height, dtype=bool)
        taken = [(period.taken == 1).astype(np.float64) for period in task.periods]

        def residual(k: int, target: Matrix, role: str) -> Matrix:
            stacked = np.tile(target, (int(folds.max()) + 1, 1))
            place = seed.child(f"{role} within stage {k}")
            seen = means_by_fold(
                task.periods[k].before, stacked, everyone, task.weights, folds, self.outcome, place
            )
            return target - own_fold(seen, folds)

        matrix = np.zeros((stages, stages))
        known = np.zeros((stages, task.height))
        moved = np.zeros((stages, stages, task.height))
        for k, period in enumerate(task.periods):
            odds = chances_by_fold(
                period.before, taken[k] == 1.0, everyone, task.weights, folds, self.propensity,
                seed.child(f"treatment {k}"),
            )  # fmt: skip
            own = taken[k] - own_fold(odds, folds)
            known[k] = share * own * residual(k, task.outcome, "outcome")
            for j in range(k, stages):
                other = own if j == k else residual(k, taken[j], f"treatment {j}")
                moved[k, j] = share * own * other
                matrix[k, j] = moved[k, j].mean()
        for k, period in enumerate(task.periods):
            middle = float(np.average(taken[k], weights=share))
            if matrix[k, k] < _LEFT * middle * (1.0 - middle):
                raise EstimationError.no_variation(period.treatment)
        back = np.linalg.inv(matrix)
        slopes = back @ known.mean(axis=1)
        moves = back @ (known - np.einsum("kjn,j->kn", moved, slopes))
        return regime_means(task, taken, slopes, moves)


def regime_means(
    task: SequenceTask, taken: list[Matrix], slopes: Matrix, moves: Matrix
) -> ArmMeans:
    """The mean under every regime when each treatment adds a constant.

    Args:
        task: The data in their roles.
        taken: Each treatment as 0 and 1.
        slopes: What each adds.
        moves: The influence values of these, treatments by rows.
    """
    share = task.share
    untreated = task.outcome - slopes @ np.stack(taken)
    base = float(np.average(untreated, weights=share))
    start = share * (untreated - base)
    start = start - sum(
        float(np.mean(share * a)) * move for a, move in zip(taken, moves, strict=True)
    )
    values, influence = [], []
    for course in task.courses:
        wanted = course.wanted[:, 0].astype(np.float64)
        values.append(base + float(wanted @ slopes))
        influence.append(start + wanted @ moves)
    return centered(values, influence)


def check_blips(task: SequenceTask, name: str) -> None:
    """Two levels each, static regimes, every treatment and outcome known."""
    for period in task.periods:
        if len(period.levels) != 2:
            raise SequenceError.two_levels_only(name, period.treatment, len(period.levels))
        if (period.taken < 0).any():
            count = int((period.taken < 0).sum())
            raise SequenceError.unknown_treatment(period.treatment, count)
    for course in task.courses:
        for treatment, step in course.regime.steps:
            if isinstance(step, Rule):
                raise EstimationError.bad_setting(
                    treatment, str(step), "a level; by=LTMLE() for rules"
                )
    missing = int((~np.isfinite(task.outcome)).sum())
    if missing:
        raise DataError.missing_values({task.outcome_name: missing}, task.height)


def _divided(task: SequenceTask, count: int, rng: np.random.Generator) -> Whole:
    """Folds in which the treatments taken are about balanced."""
    paths = np.stack([period.taken for period in task.periods])
    kinds = np.unique(paths, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int_)
    check_clusters(task.clusters, count, "DynamicDML")
    return dealt(kinds, task.clusters, count, rng)
