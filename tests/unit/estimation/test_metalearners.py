"""Metalearners: from true nuisances each finds the effect, other packages' ways among them."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.learners import Boosting, Ridge, ScikitLearner
from causalsim.estimation.heterogeneity import (
    BCF,
    CausalForest,
    LinearDML,
    RLearner,
    SLearner,
    TLearner,
)
from causalsim.estimation.heterogeneity.metalearners import Materials, MetaLearner
from causalsim.estimation.heterogeneity.smoothing import Kernel
from causalsim.seeds import seeded

LINE = ScikitLearner(LinearRegression())


def materials(seed: int, rows: int) -> tuple[Materials, np.ndarray]:
    """What an oracle would know; the effect is x."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    e = 1 / (1 + np.exp(-x))
    treated = rng.random(rows) < e
    y = x**2 + treated * x + rng.normal(size=rows)
    return Materials(x[:, None], y, treated, e, x**2, x**2 + x, np.ones(rows)), x


def error(way: MetaLearner, rows: int) -> float:
    """Its root mean square error where most people are."""
    made, x = materials(1, rows)
    middle = np.abs(x) < 1.5
    found = way.learn(made, seeded(1))(made.covariates)
    assert (found == way.learn(made, seeded(1))(made.covariates)).all()
    return float(np.sqrt(np.mean((found - x)[middle] ** 2)))


@pytest.mark.parametrize(
    "way",
    [SLearner(), SLearner(Boosting()), TLearner(outcome=Kernel()), RLearner(Kernel()), LinearDML()],
    ids=str,
)
def test_each_finds_a_line(way: MetaLearner) -> None:
    # The effects of these people have a standard deviation of 0.8.
    assert error(way, 3000) < 0.25


def test_a_forest_finds_it_roughly() -> None:
    assert error(CausalForest(trees=100), 2000) < 0.45


def test_bayesian_causal_forests_find_it() -> None:
    pytest.importorskip("stochtree", reason="BCF needs the extra 'bart'")
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    assert error(BCF(draws=20, burn=5), 600) < 0.35
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


def test_linear_dml_is_least_squares_of_residuals_on_residuals() -> None:
    rng = np.random.default_rng(4)
    rows = 500
    x = rng.normal(size=(rows, 3))
    e = rng.uniform(0.2, 0.8, rows)
    made = Materials(
        x, rng.normal(size=rows), rng.random(rows) < e, e, x[:, 0], x[:, 1], rng.uniform(1, 3, rows)
    )
    one = LinearDML().learn(made, seeded(1))(x)
    two = RLearner(LINE).learn(made, seeded(1))(x)
    np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    "way",
    [
        SLearner(Boosting(), final=LINE),
        TLearner(final=LINE, outcome=Ridge()),
        pytest.param(
            BCF(draws=20, burn=5, final=LINE),
            marks=pytest.mark.skipif(
                __import__("importlib.util").util.find_spec("stochtree") is None,
                reason="BCF needs the extra 'bart'",
            ),
        ),
    ],
    ids=str,
)
def test_fewer_covariates_leave_no_confounding_in(way: MetaLearner) -> None:
    """The effect given a coin, where a covariate that is not asked about confounds."""
    rng = np.random.default_rng(3)
    rows = 1500
    u, coin = rng.normal(size=rows), rng.integers(0, 2, rows).astype(float)
    e = 1 / (1 + np.exp(-2 * u))
    treated = rng.random(rows) < e
    y = 3 * u + treated * (1 + coin) + rng.normal(size=rows)
    both = np.column_stack([u, coin])
    made = Materials(
        coin[:, None], y, treated, e, 3 * u, 3 * u + 1 + coin, np.ones(rows), adjustment=both
    )
    low, high = way.learn(made, seeded(1))(np.array([[0.0], [1.0]]))
    # Regressed on the coin alone the treatment would seem to add about 4.
    assert abs(low - 1.0) < 0.6
    assert abs(high - 2.0) < 0.6


def test_a_kernel_follows_what_splines_and_small_trees_miss() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(600, 8))
    new = rng.normal(size=(500, 8))

    def truth(rows: np.ndarray) -> np.ndarray:
        return np.exp(rows @ np.full(8, 0.35))

    y = truth(x) + 0.5 * rng.normal(size=600)
    errors = {
        type(one).__name__: np.sqrt(np.mean((one.fit(x, y, None, 1)(new) - truth(new)) ** 2))
        for one in (Kernel(), Ridge(products=False), Boosting())
    }
    assert errors["Kernel"] < 0.6 * min(errors["Ridge"], errors["Boosting"])


@pytest.mark.parametrize(("landmarks", "width"), [(15, 2.0), (40, 2.0), (40, 0.05)])
def test_a_kernel_is_its_own_leave_one_out(landmarks: int, width: float) -> None:
    """The error it chooses by is that of leaving rows out, also where it could hold every row."""
    from causalsim.estimation.heterogeneity import smoothing

    rng = np.random.default_rng(6)
    x, weights = rng.normal(size=(40, 2)), np.ones(40)
    y = np.sin(x[:, 0]) + rng.normal(size=40)
    marks = x[:landmarks]
    target = y - y.mean()
    far = smoothing._squares(x, marks)
    whole = smoothing._Smooth.fit(far, target, weights, marks, width)
    losses = []
    for penalty in smoothing._PENALTIES:
        gaps = []
        for out in range(40):
            kept = np.arange(40) != out
            among = smoothing._kernel(marks, marks, width)
            among += smoothing._JITTER * landmarks * np.eye(landmarks)
            rows = smoothing._kernel(x, marks, width)
            center = rows[kept].mean(axis=0)
            left = rows[kept] - center
            slopes = np.linalg.solve(
                left.T @ left + penalty * among, left.T @ (target[kept] - target[kept].mean())
            )
            guess = target[kept].mean() + (rows[out] - center) @ slopes
            gaps.append(target[out] - guess)
        losses.append(np.mean(np.square(gaps)))
    assert whole.loss == pytest.approx(min(losses), rel=1e-3)


def test_a_kernel_learns_the_same_from_chunks() -> None:
    from causalsim.estimation.heterogeneity import smoothing

    rng = np.random.default_rng(7)
    x, weights = rng.normal(size=(300, 2)), rng.uniform(0.5, 1.5, 300)
    target = np.sin(x[:, 0]) + rng.normal(size=300)
    target -= np.average(target, weights=weights)
    far = smoothing._squares(x, x[:30])
    whole = smoothing._Smooth.fit(far, target, weights, x[:30], 2.0)
    again = whole.learnt_from(x, target, weights)
    np.testing.assert_allclose(whole.of(x), again.of(x), atol=1e-6)


def test_a_kernel_takes_many_rows() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(30_000, 2))
    y = np.sin(2 * x[:, 0]) * x[:, 1] + rng.normal(size=30_000)
    found = Kernel(landmarks=100, widths=(0.25,)).fit(x, y, None, 1)(x)
    middle = np.abs(x).max(axis=1) < 2
    assert np.abs(found - np.sin(2 * x[:, 0]) * x[:, 1])[middle].mean() < 0.05


def test_a_kernel_meets_odd_rows() -> None:
    x = np.column_stack([np.ones(30), np.arange(30.0)])
    y = np.arange(30.0)
    found = Kernel().fit(x, y, None, 1)(x)
    assert np.abs(found - y).max() < 2.0
    flat = Kernel().fit(np.ones((30, 1)), y, None, 1)(np.zeros((2, 1)))
    assert flat.tolist() == [14.5, 14.5]
    twice = np.repeat(x, 2, axis=0)
    once = Kernel(landmarks=60).fit(x, y, np.full(30, 2.0), 1)(x)
    assert np.isfinite(Kernel(landmarks=60).fit(twice, np.repeat(y, 2), None, 1)(x)).all()
    assert np.isfinite(once).all()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: CausalForest(trees=10),
        lambda: CausalForest(least=0),
        lambda: BCF(draws=0),
        lambda: BCF(burn=0),
        lambda: Kernel(landmarks=1),
        lambda: Kernel(widths=()),
        lambda: Kernel(widths=(-1.0,)),
    ],
)
def test_settings_out_of_range_are_refused(wrong: object) -> None:
    with pytest.raises(EstimationError, match="must be"):
        wrong()  # type: ignore[operator]


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "stochtree", None)
    with pytest.raises(EstimationError, match=r"stochtree[\s\S]*causalsim\[bart\]"):
        BCF().learn(materials(1, 50)[0], seeded(1))
