"""The fits of mechanisms against statsmodels', scipy's and the truth."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyro.distributions as dist
import pytest
import torch
from scipy import optimize, stats
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from torch import nn

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM
from causalsim.scm.mechanism import Coupling
from causalsim.scm.mechanisms import (
    Cloglog,
    GammaRegression,
    Heteroscedastic,
    Linear,
    LogLinear,
    NegativeBinomialRegression,
    Neural,
    Ordinal,
    Probit,
    Regression,
    Tobit,
)
from causalsim.scm.mechanisms.parts.links import ProbitLink

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import statsmodels.api as sm
    from statsmodels.miscmodels.ordinal_model import OrderedModel

N = 1500
RNG = np.random.default_rng(7)
X, Z = RNG.normal(size=N), RNG.integers(0, 2, size=N)
E, V = RNG.normal(size=N), RNG.uniform(size=N)
ETA = 0.3 + 0.8 * X - 0.5 * Z
DESIGN = np.column_stack([np.ones(N), X, Z])
GRAPH = Graph("x -> y <- z")


def fit(y: Any, recipe: Any) -> Any:
    """The mechanism of y."""
    frame = pd.DataFrame({"x": X, "z": Z, "y": y})
    return SCM.fit(GRAPH, frame, using={"y": recipe}, seed=1).mechanisms["y"]


def numbers(predictor: Any) -> np.ndarray:
    """Intercept and slopes."""
    return np.array([float(predictor.intercept), *(float(w[0]) for w in predictor.weights)])


def glm(y: Any, family: Any) -> np.ndarray:
    """Statsmodels' coefficients."""
    return np.asarray(sm.GLM(y, DESIGN, family=family).fit(tol=1e-12).params)


def test_probit_is_statsmodels() -> None:
    y = (ETA + E > 0).astype(int)
    found = fit(y, Probit()).chances.predictor
    family = sm.families.Binomial(sm.families.links.Probit())
    np.testing.assert_allclose(numbers(found), glm(y, family), atol=2e-5)


def test_cloglog_is_statsmodels() -> None:
    y = (1 - np.exp(-np.exp(ETA)) > V).astype(int)
    found = fit(y, Cloglog()).chances.predictor
    family = sm.families.Binomial(sm.families.links.CLogLog())
    np.testing.assert_allclose(numbers(found), glm(y, family), atol=2e-5)


def test_gamma_is_statsmodels_and_its_shape_the_likelihoods() -> None:
    y = np.exp(ETA) * stats.gamma.ppf(V, 3.0, scale=1 / 3.0)
    found = fit(y, GammaRegression())
    family = sm.families.Gamma(sm.families.links.Log())
    np.testing.assert_allclose(numbers(found.predictor), glm(y, family), atol=1e-5)
    ratio = y / found.predictor({"x": torch.tensor(X), "z": torch.tensor(Z).double()}).exp().numpy()
    best = optimize.minimize_scalar(
        lambda k: -stats.gamma.logpdf(ratio, k, scale=1 / k).sum(), bounds=(0.5, 20)
    ).x
    assert abs(float(found.noise.concentration) - best) < 1e-3


def test_log_linear_is_least_squares_of_the_logarithm() -> None:
    y = np.exp(ETA + 0.5 * E)
    found = fit(y, LogLinear())
    expected = sm.OLS(np.log(y), DESIGN).fit()
    np.testing.assert_allclose(numbers(found.predictor), expected.params, atol=1e-9)
    assert float(found.noise.scale) == pytest.approx(expected.mse_resid**0.5, rel=1e-9)


def test_negative_binomial_is_statsmodels() -> None:
    y = stats.nbinom.ppf(V, 2.0, 2.0 / (2.0 + np.exp(ETA)))
    found = fit(y.astype(int), NegativeBinomialRegression())
    expected = sm.NegativeBinomial(y, DESIGN).fit(disp=0, maxiter=200, gtol=1e-8).params
    np.testing.assert_allclose(numbers(found.predictor), expected[:3], atol=1e-4)
    assert found.size == pytest.approx(1 / expected[3], rel=1e-3)


def test_counts_without_excess_spread_are_a_poisson_in_the_limit() -> None:
    y = stats.binom.ppf(V, 20, 0.9)
    found = fit(y.astype(int), NegativeBinomialRegression())
    assert found.size > 1e4


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_ordinal_is_statsmodels(link: str) -> None:
    noise = E if link == "probit" else stats.logistic.ppf(V)
    y = 1 + (ETA + noise > 0).astype(int) + (ETA + noise > 1) + 2 * (ETA + noise > 2)
    chances = fit(y, Ordinal(ProbitLink()) if link == "probit" else Ordinal()).chances
    codes = pd.Series(pd.Categorical(y, ordered=True))
    expected = OrderedModel(codes, DESIGN[:, 1:], distr=link).fit(method="bfgs", disp=0, gtol=1e-8)
    np.testing.assert_allclose(numbers(chances.predictor)[1:], expected.params[:2], atol=1e-3)
    cuts = expected.model.transform_threshold_params(np.asarray(expected.params))[1:-1]
    np.testing.assert_allclose(chances.cuts.numpy(), cuts, atol=2e-3)


def test_tobit_maximises_its_likelihood() -> None:
    y = np.clip(ETA + 0.8 * E, 0.0, 1.5)
    found = fit(y, Tobit(low=0.0, high=1.5))

    def loss(at: np.ndarray) -> float:
        line, spread = DESIGN @ at[:3], np.exp(at[3])
        inside = stats.norm.logpdf(y, line, spread)
        below, above = stats.norm.logcdf(0, line, spread), stats.norm.logsf(1.5, line, spread)
        return -float(np.where(y == 0, below, np.where(y == 1.5, above, inside)).sum())

    ours = np.append(numbers(found.predictor), np.log(float(found.scale)))
    best = optimize.minimize(loss, ours, method="Nelder-Mead", options={"xatol": 1e-6})
    assert loss(ours) - best.fun < 1e-4
    # Least squares on the censored values shrinks the slope; tobit does not.
    assert abs(ours[1] - 0.8) < 4 * 0.8 / N**0.5 * 1.5
    assert float(fit(y, Linear()).predictor.weights[0][0]) < 0.6


@pytest.mark.parametrize("heavy", [False, True])
def test_location_and_scale_find_the_truth(heavy: bool) -> None:
    """Against the likelihood's own optimum by scipy, and the truth within its errors."""
    noise = stats.t.ppf(V, 5) if heavy else E
    y = ETA + np.exp(-0.2 + 0.4 * X) * noise
    family = dist.StudentT(torch.tensor(5.0).double(), 0.0, 1.0)
    found = fit(y, Heteroscedastic(family) if heavy else Heteroscedastic())
    ours = np.concatenate([numbers(found.location), numbers(found.spread)])

    def loss(at: np.ndarray) -> float:
        scale = np.exp(DESIGN @ at[3:])
        standard = (y - DESIGN @ at[:3]) / scale
        logs = stats.t.logpdf(standard, 5) if heavy else stats.norm.logpdf(standard)
        return -float((logs - np.log(scale)).sum())

    best = optimize.minimize(loss, ours, method="BFGS")
    assert loss(ours) - best.fun < 2e-3
    assert abs(ours[4] - 0.4) < 4 * 1.2 / N**0.5


def test_a_regressor_gives_what_it_predicts_and_its_noise_is_honest() -> None:
    """A forest's residuals on its own rows are far too small; on held-out rows they are right."""
    y = np.sin(2 * X) + Z + 0.5 * E
    forest = fit(y, Regression(RandomForestRegressor(30)))
    assert 0.5 < float(forest.noise.stddev) < 0.65
    again = fit(y, Regression(RandomForestRegressor(30)))
    assert float(again.noise.stddev) == float(forest.noise.stddev)
    line = fit(ETA + E, Regression(LinearRegression()))
    at = {"x": torch.tensor([0.5]).double(), "z": torch.tensor([1.0]).double()}
    torch.testing.assert_close(line.predictor(at), fit(ETA + E, Linear()).predictor(at))


def test_fitting_leaves_global_random_state_alone() -> None:
    module = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 1))
    before, torches = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    fit(ETA + E, Regression(RandomForestRegressor(3)))
    one, other = (fit(ETA + E, Neural(module, steps=5)).noise.stddev for _ in range(2))
    assert float(one) == float(other)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert bool((torch.get_rng_state() == torches).all())


def test_a_network_learns_a_curve_and_leaves_the_users_module_alone() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        module = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    before = {name: found.clone() for name, found in module.state_dict().items()}
    y = np.tanh(2 * X) + Z + 0.3 * E
    found = fit(y, Neural(module, steps=300))
    assert all(bool((module.state_dict()[name] == old).all()) for name, old in before.items())
    error = found.predictor({"x": torch.tensor(X), "z": torch.tensor(Z).double()}).numpy() - (
        np.tanh(2 * X) + Z
    )
    assert float(np.sqrt((error**2).mean())) < 0.1
    assert float(found.noise.stddev) == pytest.approx(0.3, abs=0.05)


BAD: dict[str, tuple[Any, Any, str]] = {
    "a probit of numbers": (ETA, Probit(), "not binary"),
    "an order of three names": (np.array(["a", "b", "c"] * 500), Ordinal(), "without an order"),
    "a Gamma of negatives": (ETA, GammaRegression(), "not all of its values are positive"),
    "a tobit beyond its limits": (ETA, Tobit(low=0.0), "beyond the limits"),
    "a spread of one value": (np.full(N, 0.5), LogLinear(), "not continuous"),
    "a network of the wrong width": (ETA, Neural(nn.Linear(3, 1)), "rows of 2 columns"),
    "a network with two outputs": (ETA, Neural(nn.Linear(2, 2)), "it gave shape"),
    "a regressor that is none": (ETA, Regression(3), "has no fit"),
    "counts of halves": (ETA, NegativeBinomialRegression(), "not counts"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_a_recipe_cannot_fit_is_a_clear_error(case: str) -> None:
    y, recipe, words = BAD[case]
    with pytest.raises(ModelError) as caught:
        fit(y, recipe)
    assert words in str(caught.value)
    assert caught.value.hint


def test_limits_that_limit_nothing_are_refused() -> None:
    for limits in ((), (2.0, 1.0)):
        with pytest.raises(ModelError, match="leave nothing"):
            Tobit(*limits)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_ordered_categories_keep_their_order_and_are_fitted_as_ordered(library: str) -> None:
    codes = (ETA + E > 0).astype(int) + (ETA + E > 1)
    names = ["mild", "grave", "fatal"]
    words = [names[code] for code in codes]
    if library == "pandas":
        column = pd.Categorical(words, categories=names, ordered=True)
        frame: Any = pd.DataFrame({"x": X, "z": Z, "y": column})
    else:
        frame = pl.DataFrame({"x": X, "z": Z, "y": words}, schema_overrides={"y": pl.Enum(names)})
    model = SCM.fit(GRAPH, frame, seed=1)
    found = model.mechanisms["y"]
    assert found.domain.levels == tuple(names)
    assert found.coupling is Coupling.THRESHOLD
    assert "ordinal logit" in model.why
    drawn = model.sample(4000, seed=1)["y"].to_numpy()
    assert abs(float((drawn == "mild").mean()) - (codes == 0).mean()) < 4 * (0.5 / N) ** 0.5
    same = model.counterfactual(frame, do={"x": X}, seed=1)["y"]
    assert list(same) == words
