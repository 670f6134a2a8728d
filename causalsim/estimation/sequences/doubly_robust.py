"""Regimes compared by sequentially doubly robust estimators, with and without targeting."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Self, final

import numpy as np
from scipy.special import expit, logit

from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.crossfitting.nuisances import clipping_notes
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.sequences.comparing import (
    centered,
    check_regimes,
    compared,
    takes,
    within_words,
)
from causalsim.estimation.sequences.reading import Course, Matrix, SequenceTask, read_sequence
from causalsim.estimation.sequences.recursion import Chain, Learning, divisions
from causalsim.estimation.sequences.regimes import Regime
from causalsim.seeds import Seed

_EDGE = 1e-6
_NEWTON = 60

_FEW, _SHARE = 5, 0.01


@dataclass(frozen=True, slots=True)
class SequentiallyRobust(ABC):
    """What estimators that read chains of nuisances share.

    Args:
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 3 when fewer than 500 rows follow
            some regime.
        outcome: A scikit-learn regressor, or several to stack; None is the default stack.
        propensity: A scikit-learn classifier, or the known probability of the regime's treatment
            at every stage.
        clip: The smallest probability of one stage that is divided by.
        pooled: Whether to learn from rows that left a regime too, with the treatments among the
            covariates. False learns from those who follow it, and assumes less.
        contrast: How two regimes are compared.
        regime: What is done, instead of what the question says: levels or rules.
        against: What it is compared with; None asks for the mean under ``regime``.
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    propensity: Any = None
    clip: float = 0.01
    pooled: bool = False
    contrast: Contrast = DIFFERENCE
    regime: Regime | None = None
    against: Regime | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        self.learning.check()
        check_regimes(self.regime, self.against)

    @property
    @abstractmethod
    def name(self) -> str:
        """The name printed beside its estimates."""

    @abstractmethod
    def mean(self, task: SequenceTask, course: Course, chain: Chain) -> tuple[float, Matrix]:
        """The mean outcome under a regime and its influence values."""

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "several treatments, each with what must be known when it is taken"

    @property
    def learning(self) -> Learning:
        """How the nuisances are learnt."""
        return Learning(
            self.folds, self.repeats, self.outcome, self.propensity, self.clip, self.pooled
        )

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether there are several treatments with sequential back-door sets."""
        return takes(answer, self.regime, self.against)

    def read(self, answer: Any, frame: Any, roles: Roles) -> SequenceTask:  # noqa: ANN401
        """The data in their roles."""
        return read_sequence(answer, frame, roles, self.regime, self.against)

    def quick(self) -> Self:
        """Two folds, divided once."""
        return replace(self, folds=min(2, self.folds), repeats=1)

    def fit(self, task: SequenceTask, seed: int | Seed) -> Effect:
        """Learn the nuisances and compare.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            SequenceError: Too few rows follow a regime.
        """
        chains = divisions(task, self.learning, seed)
        means = []
        for division in chains:
            pairs = [
                self.mean(task, course, chain)
                for course, chain in zip(task.courses, division, strict=True)
            ]
            means.append(centered([one for one, _ in pairs], [psi for _, psi in pairs]))
        notes = (
            *clipping_notes([chain.clipping for division in chains for chain in division]),
            *_barred(chains, task.height),
        )
        words = self.learning.in_words(len(chains)) + within_words(task)
        return compared(task, means, self.contrast, self, seed, words, notes)


def _barred(chains: list[list[Chain]], height: int) -> tuple[str, ...]:
    """A warning where rows that left a regime had hardly a chance to go on."""
    count = max(chain.barred for division in chains for chain in division)
    if count < max(_FEW, _SHARE * height):
        return ()
    return (
        f"{count} of {height} rows had a chance under 1 % to go on with a regime: how they would "
        "have fared is extrapolated from others",
    )


@final
@dataclass(frozen=True, slots=True)
class SDR(SequentiallyRobust):
    """The sequentially doubly robust one-step estimator of a regime's mean outcome.

    ``theta = mean(phi_1)`` with the recursion of `causalsim.estimation.sequences.recursion`. With
    ``K`` treatments it is right if at each stage either the regression or the propensity is, in
    any of the ``2^K`` ways. It may leave the range of the outcome where probabilities are small;
    `LTMLE` does not.

    Args:
        folds: How many parts the rows are divided into.
        repeats: How many random divisions.
        outcome: Learners of the outcome; None is the default stack.
        propensity: Learners of the treatments; None is the default stack.
        clip: The smallest probability of one stage that is divided by.
        pooled: Whether rows that left a regime are learnt from too.
        contrast: How two regimes are compared.
        regime: What is done, instead of what the question says.
        against: What it is compared with.

    Examples:
        >>> from causalsim.datasets.sequences import two_visits
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> data = two_visits(800, seed=1)
        >>> answer = identify(Graph(data.graph), Query("y", do=["a0", "a1"]))
        >>> by = SDR(folds=2, repeats=1)
        >>> effect = by.fit(by.read(answer, data.frame, Roles()), seed=1)
        >>> data.always_never in effect.interval(0.99)
        True

    References:
        A. Rotnitzky, J. Robins, L. Babino (2017), On the multiply robust estimation of the mean
        of the g-functional, arXiv 1705.08582.
    """

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "SDR"

    def mean(self, task: SequenceTask, course: Course, chain: Chain) -> tuple[float, Matrix]:
        """The mean of the scores."""
        share = task.share
        value = float(np.mean(share * chain.score))
        return value, share * (chain.score - value)


@final
@dataclass(frozen=True, slots=True)
class LTMLE(SequentiallyRobust):
    """Longitudinal targeted minimum-loss estimation of a regime's mean outcome.

    From the last stage to the first the regression ``Q_k`` is moved on the logit scale of the
    outcome's range, ``logit Q*_k = logit Q_k + eps_k``, until
    ``sum_i H_ik (Q*_{k+1} - Q*_k) = 0`` with ``H_k`` the inverse of the chance to have followed
    the regime so far; the estimate is the mean of ``Q*_1``, always within the outcome's range.
    The regressions are those of `SDR`, so that it is right if at each stage either regression or
    propensity is. Its interval needs the products of their errors to vanish faster than
    ``1/sqrt(n)``, and rows that could have followed the regime in every stratum of the history.

    Args:
        folds: How many parts the rows are divided into.
        repeats: How many random divisions.
        outcome: Learners of the outcome; None is the default stack.
        propensity: Learners of the treatments; None is the default stack.
        clip: The smallest probability of one stage that is divided by.
        pooled: Whether rows that left a regime are learnt from too.
        contrast: How two regimes are compared.
        regime: What is done, instead of what the question says.
        against: What it is compared with.

    Examples:
        >>> from causalsim.datasets.sequences import two_visits
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> data = two_visits(800, seed=1)
        >>> answer = identify(Graph(data.graph), Query("y", do=["a0", "a1"]))
        >>> by = LTMLE(folds=2, repeats=1)
        >>> effect = by.fit(by.read(answer, data.frame, Roles()), seed=1)
        >>> data.always_never in effect.interval(0.99)
        True

    References:
        M. van der Laan, S. Gruber (2012), Targeted minimum loss based estimation of causal
        effects of multiple time point interventions, International Journal of Biostatistics 8.
        H. Bang, J. Robins (2005), Doubly robust estimation in missing data and causal inference
        models, Biometrics 61.
    """

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "LTMLE"

    def mean(self, task: SequenceTask, course: Course, chain: Chain) -> tuple[float, Matrix]:
        """Target every stage, backwards, and average the first."""
        low, high = task.bounds
        width = (high - low) or 1.0
        share = task.share
        inverse = np.cumprod(1.0 / chain.chance, axis=0) * course.followed[1:]
        later = np.where(course.followed[-1], (task.outcome - low) / width, 0.0)
        influence = np.zeros(task.height)
        for k in reversed(range(len(task.periods))):
            start = logit(np.clip((chain.outcome[k] - low) / width, _EDGE, 1.0 - _EDGE))
            moved = expit(start + _shift(start, later, share * inverse[k]))
            influence += inverse[k] * (later - moved)
            later = moved
        value = float(np.average(later, weights=share))
        return low + width * value, width * share * (influence + later - value)


def _shift(start: Matrix, target: Matrix, weights: Matrix) -> float:
    """The ``eps`` at which the weighted mean of ``expit(start + eps)`` is that of the target."""
    rows = weights > 0.0
    start, target, weights = start[rows], target[rows], weights[rows] / weights[rows].mean()
    aim = float(np.mean(weights * target))
    low, high = -40.0, 40.0
    middle = 0.0
    for _ in range(_NEWTON):
        guess = expit(start + middle)
        error = float(np.mean(weights * guess)) - aim
        low, high = (low, middle) if error > 0.0 else (middle, high)
        slope = float(np.mean(weights * guess * (1.0 - guess)))
        step = middle - error / slope if slope > 0.0 else low
        # Newton's step where it stays between the bounds, halving where it does not.
        following = step if low < step < high else 0.5 * (low + high)
        if abs(following - middle) < 1e-13:
            break
        middle = following
    return middle
