"""Ways to learn who should get which treatment, from the doubly robust score of every treatment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.policies.trees import Column, Leaf, Split, Tree, decided, pruned
from causalsim.estimation.reading.roles import Level
from causalsim.seeds import Seed

Decisions = Callable[[Matrix], NDArray[np.int_]]


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """Decisions, and the tree behind them where there is one.

    Attributes:
        decide: From rows of covariates to the places of their treatments.
        tree: The tree; None where the decisions have no short form.
    """

    decide: Decisions
    tree: Tree | None


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a policy is learnt from; one entry a row.

    Attributes:
        covariates: What it may ask about; rows by columns.
        rewards: The score of every treatment, net of costs; rows by treatments.
        weights: A weight a row.
        levels: The treatments.
        columns: What the columns of the covariates mean.
    """

    covariates: Matrix
    rewards: Matrix
    weights: Matrix
    levels: tuple[Level, ...]
    columns: tuple[Column, ...]


@runtime_checkable
class Way(Protocol):
    """A way to learn a policy."""

    def learn(self, scores: Scores, seed: Seed) -> Learnt:
        """Decisions that make the mean score large."""


@final
@dataclass(frozen=True, slots=True)
class PolicyTree:
    """A few questions, each chosen to make the mean score of the treatments below it largest.

    econml's ``PolicyTree``. Questions are chosen one after the other, so that two which help only
    together may be missed.

    Args:
        depth: How many questions are asked of one person at most.
        least: The fewest rows of a leaf.

    References:
        S. Athey, S. Wager (2021), Policy learning with observational data, Econometrica 89.
    """

    depth: int = 2
    least: int = 25

    def __post_init__(self) -> None:
        """Check the settings."""
        _check("depth", self.depth)
        _check("least", self.least)

    def learn(self, scores: Scores, seed: Seed) -> Learnt:
        """A tree and its decisions."""
        from econml.policy import PolicyTree as Grown

        model = Grown(
            max_depth=self.depth,
            min_samples_leaf=self.least,
            min_samples_split=2 * self.least,
            honest=False,
            random_state=seed.number % 2**32,
        )
        steps = _Steps.of(scores.covariates)
        model.fit(steps(scores.covariates), scores.rewards, sample_weight=scores.weights)
        tree = pruned(_read(model.tree_, scores, steps))
        return Learnt(lambda rows: decided(tree, rows, scores.levels), tree)


@final
@dataclass(frozen=True, slots=True)
class PolicyForest:
    """The treatment with the largest mean score over many trees; decides well and explains little.

    econml's ``PolicyForest``, whose trees choose splits on other rows than they fill leaves with.

    Args:
        trees: How many trees.
        least: The fewest rows of a leaf.
    """

    trees: int = 200
    least: int = 10

    def __post_init__(self) -> None:
        """Check the settings."""
        _check("trees", self.trees)
        _check("least", self.least)

    def learn(self, scores: Scores, seed: Seed) -> Learnt:
        """A forest's decisions."""
        from econml.policy import PolicyForest as Grown

        model = Grown(
            n_estimators=self.trees,
            min_samples_leaf=self.least,
            n_jobs=1,
            random_state=seed.number % 2**32,
        )
        steps = _Steps.of(scores.covariates)
        model.fit(steps(scores.covariates), scores.rewards, sample_weight=scores.weights)

        def decide(rows: Matrix) -> NDArray[np.int_]:
            return np.asarray(np.argmax(model.predict_value(steps(rows)), axis=1), dtype=np.int_)

        return Learnt(decide, None)


def _check(name: str, value: object) -> None:
    """A whole number from 1."""
    if not isinstance(value, int) or value < 1:
        raise EstimationError.bad_setting(name, value, "a whole number from 1")


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Covariates as the places of their values in order, which are the same in any unit.

    econml's trees take values that lie within a ten-millionth of each other for equal.
    """

    values: tuple[Matrix, ...]

    @classmethod
    def of(cls, covariates: Matrix) -> "_Steps":
        """The values of each covariate, once and in order."""
        return cls(tuple(np.unique(column) for column in covariates.T))

    def __call__(self, rows: Matrix) -> Matrix:
        """The place of each row's values; between two of them if they are new."""
        made = [
            np.interp(column, values, np.arange(len(values), dtype=np.float64))
            for column, values in zip(rows.T, self.values, strict=True)
        ]
        return np.ascontiguousarray(np.stack(made, axis=1))

    def border(self, place: int, threshold: float) -> float:
        """The shortest number between the values on either side of a threshold of places."""
        below = min(max(int(np.floor(threshold)), 0), len(self.values[place]) - 2)
        low, high = self.values[place][below : below + 2]
        middle = low + (high - low) / 2.0
        for digits in range(4, 17):
            short = float(f"{middle:.{digits}g}")
            if low <= short < high:
                return short
        return float(low)


def _read(grown: Any, scores: Scores, steps: _Steps) -> Tree:  # noqa: ANN401
    """Econml's tree as ours; each leaf gives the treatment with the largest mean score in it."""

    def node(number: int, rows: NDArray[np.int_]) -> Tree:
        if grown.children_left[number] < 0:
            totals = scores.weights[rows] @ scores.rewards[rows]
            share = float(scores.weights[rows].sum() / scores.weights.sum())
            return Leaf(scores.levels[int(np.argmax(totals))], share)
        place = int(grown.feature[number])
        threshold = steps.border(place, float(grown.threshold[number]))
        low = scores.covariates[rows, place] <= threshold
        return Split(
            scores.columns[place],
            place,
            threshold,
            node(int(grown.children_left[number]), rows[low]),
            node(int(grown.children_right[number]), rows[~low]),
        )

    return node(0, np.arange(len(scores.weights)))
