"""Tests of conditional independence for columns of any type."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from causalsim.checks.confronting.measured import Matrix, Measured
from causalsim.errors.confronting import ConfrontingError
from causalsim.estimation.crossfitting.crossfit import out_of_fold
from causalsim.estimation.crossfitting.features import Features
from causalsim.graph.claims.independencies import Independence
from causalsim.seeds import Seed

_PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
_MOST_ALONE = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test found.

    Attributes:
        statistic: How far from independence, in the test's own unit.
        p_value: How often independent columns look as dependent.
    """

    statistic: float
    p_value: float


Judge = Callable[[Independence], Verdict]


@runtime_checkable
class IndependenceTest(Protocol):
    """A way to test X ⊥ Y | Z."""

    @property
    def name(self) -> str:
        """What it is called."""

    def on(self, measured: Measured, seed: Seed) -> Judge:
        """A function from a claim to its verdict on these rows; it remembers what it fitted."""


@dataclass(frozen=True, slots=True)
class GeneralisedCovariance:
    """Are the residuals of X and Y, each regressed on Z, correlated?

    With residuals ``r`` and ``s`` the statistic is ``sqrt(n) mean(r s) / sd(r s)``, standard
    normal under independence when both regressions are good: the product of their errors must
    vanish faster than ``1 / sqrt(n)``. A column with several categories gives several products;
    the largest statistic is then compared with that of 5,000 normal vectors that are correlated
    like the products. It sees only dependence that moves a conditional mean with the other
    variable, on average over Z: a dependence of variances, or one that cancels, is not found.

    Args:
        regression: None is ridge regression on cubic splines and products of pairs, quick enough
            for hundreds of tests. A learner or scikit-learn regressor is cross-fitted over five
            folds, for means that are rougher than that.
        draws: How many normal vectors, where there are several products.

    References:
        R. Shah, J. Peters (2020), The hardness of conditional independence testing and the
        generalised covariance measure, Annals of Statistics 48, theorem 6 and section 3.2.
    """

    regression: Any = None
    draws: int = 5000

    def __post_init__(self) -> None:
        """Check the setting."""
        if not isinstance(self.draws, int) or self.draws < 100:
            raise ConfrontingError.bad_setting("draws", self.draws, "a whole number from 100")

    @property
    def name(self) -> str:
        """What it is called."""
        return "generalised covariance measure"

    def on(self, measured: Measured, seed: Seed) -> Judge:
        """A function from a claim to its verdict on these rows."""
        smooth: dict[frozenset[str], dict[str, Matrix]] = {}
        rough: dict[tuple[str, frozenset[str]], Matrix] = {}

        def residual(name: str, given: frozenset[str]) -> Matrix:
            if self.regression is None:
                if given not in smooth:
                    smooth[given] = _smooth_residuals(measured, given)
                return smooth[given][name]
            if (name, given) not in rough:
                place = seed.child("regression", name, *sorted(given))
                rough[name, given] = _learnt_residuals(
                    measured, name, given, self.regression, place
                )
            return rough[name, given]

        def judge(claim: Independence) -> Verdict:
            given = frozenset(claim.given)
            one = np.column_stack([residual(name, given) for name in claim.x])
            other = np.column_stack([residual(name, given) for name in claim.y])
            return _covariance_verdict(one, other, self.draws, seed.child("normal vectors"))

        return judge


@dataclass(frozen=True, slots=True)
class StratifiedPermutation:
    """Does shuffling Y among rows with equal Z make X and Y less dependent?

    The statistic is ``sum_jk (r_j' s_k)^2`` over the columns of X and Y with their means within
    each stratum of Z taken off; its distribution under independence is that over shuffles of Y
    within the strata, which makes the p-value exact for any number of rows. It needs a Z with few
    different values; alone in its stratum a row says nothing.

    Args:
        draws: How many shuffles.

    References:
        P. Good (2005), Permutation, Parametric and Bootstrap Tests of Hypotheses, chapter 7.
    """

    draws: int = 499

    def __post_init__(self) -> None:
        """Check the setting."""
        if not isinstance(self.draws, int) or self.draws < 19:
            raise ConfrontingError.bad_setting("draws", self.draws, "a whole number from 19")

    @property
    def name(self) -> str:
        """What it is called."""
        return "stratified permutation test"

    def on(self, measured: Measured, seed: Seed) -> Judge:
        """A function from a claim to its verdict on these rows."""

        def judge(claim: Independence) -> Verdict:
            strata = _strata(measured, claim.given)
            one = _within(_scaled(measured.columns(claim.x)), strata)
            other = _within(_scaled(measured.columns(claim.y)), strata)
            found = float(np.sum((one.T @ other) ** 2))
            rng = seed.child("shuffles", str(claim)).numpy()
            reached = 1
            by_stratum = np.argsort(strata, kind="stable")
            for _ in range(self.draws):
                # Sorting by stratum and a random number shuffles the rows of each stratum.
                shuffled = np.lexsort((rng.random(len(strata)), strata))
                moved = np.empty_like(other)
                moved[by_stratum] = other[shuffled]
                reached += float(np.sum((one.T @ moved) ** 2)) >= found * (1 - 1e-12)
            return Verdict(found, reached / (self.draws + 1))

        return judge


def _smooth_residuals(measured: Measured, given: frozenset[str]) -> dict[str, Matrix]:
    """Every node's columns less what splines of the given nodes predict of them."""
    from sklearn.linear_model import RidgeCV

    names = tuple(name for name in measured.names if name not in given)
    targets = measured.columns(names)
    if given:
        matrix = measured.columns(tuple(name for name in measured.names if name in given))
        columns = Features.fit(matrix, None, products=True).of(matrix)
        model = RidgeCV(alphas=_PENALTIES, alpha_per_target=True).fit(columns, targets)
        left = targets - np.asarray(model.predict(columns)).reshape(targets.shape)
    else:
        left = targets - targets.mean(axis=0)
    ends = np.cumsum([measured.blocks[name].shape[1] for name in names])
    return dict(zip(names, np.split(left, ends[:-1], axis=1), strict=True))


def _learnt_residuals(
    measured: Measured,
    name: str,
    given: frozenset[str],
    regression: Any,  # noqa: ANN401
    seed: Seed,
) -> Matrix:
    """A node's columns less what a learner predicts of them out of fold."""
    targets = measured.blocks[name]
    if not given:
        return np.asarray(targets - targets.mean(axis=0))
    matrix = measured.columns(tuple(one for one in measured.names if one in given))
    folds = seed.child("folds").numpy().permutation(np.arange(measured.height) % 5)
    guesses = [
        out_of_fold(matrix, column, None, folds, regression, seed.child(str(place)))
        for place, column in enumerate(targets.T)
    ]
    return np.asarray(targets - np.column_stack(guesses))


def _covariance_verdict(one: Matrix, other: Matrix, draws: int, seed: Seed) -> Verdict:
    """The largest standardised product of residuals and its p-value."""
    products = np.einsum("ij,ik->ijk", one, other).reshape(len(one), -1)
    spread = products.std(axis=0)
    # A node that the others determine leaves no residual, and with it nothing to test.
    alive = spread > 1e-12 * (1.0 + np.abs(products).max(initial=0.0))
    if not alive.any():
        return Verdict(0.0, 1.0)
    scaled = products[:, alive] / spread[alive]
    found = float(np.abs(scaled.mean(axis=0)).max() * np.sqrt(len(one)))
    if scaled.shape[1] == 1:
        return Verdict(found, float(2.0 * ndtr(-found)))
    correlation = np.corrcoef(scaled, rowvar=False)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = seed.numpy().standard_normal((draws, len(values))) @ root.T
    reached = int((np.abs(normal).max(axis=1) >= found).sum())
    return Verdict(found, (1 + reached) / (draws + 1))


def _strata(measured: Measured, given: tuple[str, ...]) -> NDArray[np.int_]:
    """Rows with equal values of some nodes, numbered."""
    if not given:
        return np.zeros(measured.height, dtype=np.int_)
    _, strata, sizes = np.unique(
        measured.columns(given), axis=0, return_inverse=True, return_counts=True
    )
    alone = int((sizes == 1).sum())
    if alone > _MOST_ALONE * measured.height:
        raise ConfrontingError.not_discrete(given, alone, measured.height)
    return np.asarray(strata, dtype=np.int_).reshape(-1)


def _within(columns: Matrix, strata: NDArray[np.int_]) -> Matrix:
    """Columns with their means within strata taken off."""
    sizes = np.bincount(strata)
    means = np.column_stack([np.bincount(strata, weights=column) / sizes for column in columns.T])
    return np.asarray(columns - means[strata])


def _scaled(columns: Matrix) -> Matrix:
    """Columns with standard deviation one."""
    return np.asarray(columns / columns.std(axis=0))
