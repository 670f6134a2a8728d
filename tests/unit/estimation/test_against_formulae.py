"""Estimates and standard errors against statsmodels and formulae written out by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import chi2
from sklearn.linear_model import LinearRegression

from causalsim import Graph, Query, estimate, identify
from causalsim.estimation import (
    AIPW,
    Everyone,
    OddsRatio,
    Overlap,
    Ratio,
    Regression,
    Treated,
    Untreated,
)
from causalsim.estimation.curves import QuantileEffect
from causalsim.estimation.estimators import CBPS, Covariances, EntropyBalancing
from causalsim.estimation.instruments import TwoStage, anderson_rubin, overidentification
from causalsim.identification.assuming import Linear
from tests.oracles.every_way import BACK_DOOR, ONE_UNIT, people

FRAME = people(400, seed=5)
N = len(FRAME)
Y, A, W = (FRAME[name].to_numpy(dtype=float) for name in ("y", "a", "w"))
GROUPS = int(FRAME.c.nunique())


def columns() -> pd.DataFrame:
    """Treatment, number and indicators."""
    kinds = pd.get_dummies(FRAME.g, drop_first=True).astype(float)
    return sm.add_constant(pd.concat([FRAME[["a", "x"]], kinds], axis=1))


@pytest.mark.parametrize("clusters", [None, "c"])
def test_weighted_regression_has_the_sandwich_of_statsmodels(clusters: str | None) -> None:
    by = Regression(interactions=())
    found = estimate(BACK_DOOR, FRAME, by=by, weights="w", clusters=clusters)
    model = sm.WLS(FRAME.y, columns(), weights=FRAME.w)
    if clusters is None:
        fitted, few = model.fit(cov_type="HC0"), 1.0
    else:
        how = {"groups": FRAME.c, "use_correction": False}
        fitted, few = model.fit(cov_type="cluster", cov_kwds=how), GROUPS / (GROUPS - 1)
    assert found.value == pytest.approx(fitted.params["a"], rel=1e-10)
    assert found.standard_error == pytest.approx(fitted.bse["a"] * few**0.5, rel=1e-10)


@pytest.mark.parametrize("by", [TwoStage(), Covariances()], ids=str)
def test_two_stages_with_weights_and_clusters_by_matrices(by: Any) -> None:
    found = estimate(ONE_UNIT, FRAME, by=by, weights="w", clusters="c")
    z = np.column_stack([np.ones(N), FRAME.x, FRAME.z])
    x = np.column_stack([np.ones(N), FRAME.x, FRAME.a])
    slopes = np.linalg.solve(z.T @ (W[:, None] * x), z.T @ (W * Y))
    scores = np.zeros((GROUPS, 3))
    np.add.at(scores, FRAME.c.to_numpy(), z * (W * (Y - x @ slopes))[:, None])
    bread = np.linalg.inv(z.T @ (W[:, None] * x))
    spread = bread @ (scores.T @ scores * GROUPS / (GROUPS - 1)) @ bread.T
    assert found.value == pytest.approx(slopes[2], rel=1e-9)
    assert found.standard_error == pytest.approx(spread[2, 2] ** 0.5, rel=1e-7)


def rejected(
    grid: NDArray[np.float64], z: NDArray[np.float64], y: Any, d: Any
) -> NDArray[np.bool_]:
    """Whether the moments at each effect are further from zero than chance takes them."""
    far = []
    for value in grid:
        moments = z * (y - value * d)[:, None]
        mean, spread = moments.mean(axis=0), np.cov(moments.T, bias=True).reshape(z.shape[1], -1)
        far.append(float(mean @ np.linalg.solve(spread, mean)) * len(y))
    return np.array(far) > chi2.ppf(0.95, z.shape[1])


def freed(column: Any, held: NDArray[np.float64]) -> NDArray[np.float64]:
    """What least squares leaves of a column."""
    values = np.asarray(column, dtype=float)
    return values - held @ np.linalg.lstsq(held, values, rcond=None)[0]


def test_the_anderson_rubin_set_is_what_a_grid_does_not_reject() -> None:
    found = anderson_rubin(estimate(ONE_UNIT, FRAME, by=TwoStage()), FRAME)
    held = np.column_stack([np.ones(N), FRAME.x])
    y, d, z = (freed(FRAME[name], held) for name in ("y", "a", "z"))
    grid = np.linspace(-3.0, 4.0, 7001)
    inside = grid[~rejected(grid, z[:, None], y, d)]
    assert found.pieces[0] == pytest.approx((inside.min(), inside.max()), abs=1.1e-3)


def test_two_instruments_agree_with_the_formulae() -> None:
    rng = np.random.default_rng(4)
    one, two, u, e = rng.normal(size=(4, 500))
    d = one + 0.5 * two + u
    rows = pd.DataFrame({"one": one, "two": two, "d": d, "y": d + u + e})
    graph = Graph("one -> d; two -> d; d -> y; d <-> y")
    answer = identify(graph, Query("y", do="d"), assuming=Linear())
    effect = estimate(answer, rows, by=TwoStage(("one", "two")))
    z, y, d = (np.asarray(rows[n] - rows[n].mean()) for n in (["one", "two"], "y", "d"))
    fitted = z @ np.linalg.solve(z.T @ z, z.T @ d)
    value = float(fitted @ y / (fitted @ d))
    errors = np.sqrt(((fitted * (y - value * d)) ** 2).sum()) / (fitted @ d)
    assert effect.value == pytest.approx(value, rel=1e-10)
    assert effect.standard_error == pytest.approx(errors, rel=1e-10)
    weight = np.linalg.inv(np.cov((z * (y - value * d)[:, None]).T, bias=True) / 500)
    top, bottom = (z * y[:, None]).mean(axis=0), (z * d[:, None]).mean(axis=0)
    second = bottom @ weight @ top / (bottom @ weight @ bottom)
    left = top - second * bottom
    told = overidentification(effect, rows)
    assert told.statistic == pytest.approx(left @ weight @ left, rel=1e-8)
    assert told.p_value == pytest.approx(chi2.sf(left @ weight @ left, 1), rel=1e-8)
    grid = np.linspace(0.0, 2.0, 8001)
    inside = grid[~rejected(grid, z, y, d)]
    found = anderson_rubin(effect, rows)
    assert found.pieces[0] == pytest.approx((inside.min(), inside.max()), abs=3e-4)


@pytest.mark.parametrize("contrast", [Ratio(), OddsRatio()], ids=str)
def test_ratios_have_the_error_of_the_delta_method(contrast: Any) -> None:
    frame = FRAME.assign(y=(FRAME.y > 0.5).astype(int))
    graph = Graph("{x g} -> a; {x g a} -> y")
    means = [
        estimate(identify(graph, Query("y", do={"a": arm})), frame, by=Regression(), weights="w")
        for arm in (1, 0)
    ]
    high, low = (one.value for one in means)
    spread = np.cov(np.stack([one.influence for one in means]), bias=True) / N
    if isinstance(contrast, Ratio):
        value, slope = high / low, np.array([1 / low, -high / low**2])
    else:
        value = high / (1 - high) / (low / (1 - low))
        slope = value * np.array([1 / (high * (1 - high)), -1 / (low * (1 - low))])
    found = estimate(BACK_DOOR, frame, by=Regression(contrast=contrast), weights="w")
    error = float(np.sqrt(slope @ spread @ slope))
    assert found.value == pytest.approx(value, rel=1e-10)
    assert found.standard_error == pytest.approx(error, rel=1e-9)
    inside = found.interval()
    reach = 1.959963985 * error / value
    assert (inside.low, inside.high) == pytest.approx(
        (value * np.exp(-reach), value * np.exp(reach)), rel=1e-8
    )


@pytest.mark.parametrize("target", [Everyone(), Treated(), Untreated(), Overlap()], ids=str)
def test_doubly_robust_means_of_each_target_by_hand(target: Any) -> None:
    """With regressions that leave no mean residual, whatever the weights are scaled to."""
    chance = 0.4
    by = AIPW(folds=1, outcome=LinearRegression(), propensity=chance, target=target)
    found = estimate(BACK_DOOR, FRAME, by=by, weights="w")
    rows = columns().drop(columns=["const", "a"]).to_numpy()
    low, high = (
        LinearRegression().fit(rows[k == A], Y[k == A], sample_weight=W[k == A]).predict(rows)
        for k in (0, 1)
    )
    if isinstance(target, Overlap):
        middle = chance * high + (1 - chance) * low
        value = np.sum(W * (A - chance) * (Y - middle)) / np.sum(W * (A - chance) ** 2)
    else:
        members = {"Treated": A, "Untreated": 1 - A}.get(type(target).__name__, np.ones(N))
        value = np.average(high - low, weights=W * members)
    assert found.value == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("moments", [1, 2])
@pytest.mark.parametrize("target", [Everyone(), Treated(), Untreated()], ids=str)
def test_balancing_balances(moments: int, target: Any) -> None:
    """A covariate as outcome: there is no difference left, and the mean is the target's."""
    by = EntropyBalancing(moments=moments, target=target)
    graph = Graph("{x g} -> a; {x g a} -> y")
    members = {"Treated": A, "Untreated": 1 - A}.get(type(target).__name__, np.ones(N))
    for power in range(1, moments + 1):
        frame = FRAME.assign(y=FRAME.x**power)
        for arm in (0, 1):
            mean = estimate(identify(graph, Query("y", do={"a": arm})), frame, by=by, weights="w")
            wanted = np.average(frame.y, weights=W * members)
            assert mean.value == pytest.approx(wanted, abs=1e-6)
    plain = FRAME.assign(y=FRAME.x)
    assert estimate(BACK_DOOR, plain, by=CBPS(), weights="w").value == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_without_covariates_quantiles_are_weighted_quantiles(level: float) -> None:
    answer = identify(Graph("a -> y"), Query("y", do="a"))
    by = QuantileEffect(level, 2, 1, LinearRegression(), float(np.average(A, weights=W)))
    found = estimate(answer, FRAME, by=by, weights="w", seed=1)

    def quantile(arm: int, weights: Any) -> float:
        kept = np.flatnonzero(arm == A)
        order = kept[np.argsort(Y[kept])]
        climbed = np.cumsum(weights[order])
        return float(Y[order][np.searchsorted(climbed, level * climbed[-1])])

    # The regressions of each fold are constants that differ a little: by an outcome at most.
    plain = quantile(1, W) - quantile(0, W)
    assert found.value == pytest.approx(plain, abs=0.15 * found.standard_error)
    rng = np.random.default_rng(1)
    again = []
    for _ in range(300):
        times = rng.multinomial(N, np.full(N, 1 / N))
        again.append(quantile(1, W * times) - quantile(0, W * times))
    # The bootstrap's own error is 4 %, the density's at 200 rows an arm about 15 %.
    assert found.standard_error == pytest.approx(np.std(again), rel=0.35)


def test_several_arms_are_compared_two_at_a_time() -> None:
    rng = np.random.default_rng(3)
    arm = rng.choice(["none", "half", "full"], N)
    gain = pd.Series(arm).map({"none": 0, "half": 1, "full": 3})
    rows = FRAME[["x", "w"]].assign(t=arm, y=FRAME.x + gain + rng.normal(size=N))
    answer = identify(Graph("x -> t; {x t} -> y"), Query("y", do="t"))
    by = Regression(interactions=())
    found = estimate(answer, rows, by=by, arms=("none", "full"), weights="w")
    columns = sm.add_constant(
        pd.DataFrame({"full": arm == "full", "half": arm == "half", "x": rows.x}).astype(float)
    )
    fitted = sm.WLS(rows.y, columns, weights=rows.w).fit(cov_type="HC0")
    assert found.value == pytest.approx(fitted.params["full"], rel=1e-10)
    assert found.standard_error == pytest.approx(fitted.bse["full"], rel=1e-10)
    turned = estimate(answer, rows, by=by, arms=("full", "none"), weights="w")
    assert turned.value == pytest.approx(-found.value, rel=1e-12)
