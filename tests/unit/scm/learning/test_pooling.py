"""Partial pooling against statsmodels' mixed models, brute-force covariances and plain limits."""

import warnings
from typing import Any

import numpy as np
import pandas
import pytest
import torch

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM
from causalsim.scm.learning import Conjugate, HalfNormal, Laplace, Normal, Pooled, Prior
from causalsim.scm.learning.algebra import TORCH
from causalsim.scm.learning.pooling import PooledGaussian
from causalsim.scm.mechanisms.continuous.additive import Linear

RNG = np.random.default_rng(1)
SIZES = RNG.integers(2, 25, 12)
INDEX = np.repeat(np.arange(12), SIZES)
X = RNG.normal(3, 2, len(INDEX))
OWN, TURN = RNG.normal(0, 1.2, 12), RNG.normal(0, 0.5, 12)
Y = 2 + OWN[INDEX] + (1 + TURN[INDEX]) * (X - 3) + 0.7 * RNG.normal(size=len(INDEX))
ROWS = pandas.DataFrame({"site": [f"s{i:02d}" for i in INDEX], "x": X, "y": Y})
GRAPH = Graph("site -> y <- x")
INTERCEPTS = {"x": Linear(), "y": Pooled(by="site")}
SLOPES = {"x": Linear(), "y": Pooled(by="site", slopes=("x",))}


def mixed(formula: str, **given: Any) -> Any:
    import statsmodels.formula.api as smf

    rows = ROWS.assign(c=X - X.mean())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return smf.mixedlm(formula, rows, groups=rows["site"], **given).fit(reml=True)


def test_pooled_intercepts_are_those_of_a_mixed_model() -> None:
    expected = mixed("y ~ x")
    found: Any = SCM.fit(GRAPH, ROWS, using=INTERCEPTS).mechanisms["y"]
    line = found.predictor.line
    assert float(line.intercept) == pytest.approx(expected.params["Intercept"], abs=1e-4)
    assert float(line.weights[0][0]) == pytest.approx(expected.params["x"], abs=1e-4)
    assert float(found.noise.scale) == pytest.approx(expected.scale**0.5, abs=1e-4)
    own = [float(expected.random_effects[f"s{g:02d}"].iloc[0]) for g in range(12)]
    assert np.allclose(found.predictor.deviations[:, 0].numpy(), own, atol=1e-3)


def test_pooled_slopes_are_those_of_a_mixed_model() -> None:
    """Independent of the intercepts at average parents, so the parent is centred there."""
    expected = mixed("y ~ c", vc_formula={"i": "1", "s": "0 + c"}, re_formula="0")
    found: Any = SCM.fit(GRAPH, ROWS, using=SLOPES).mechanisms["y"]
    assert float(found.noise.scale) == pytest.approx(expected.scale**0.5, abs=1e-3)
    turns = [float(expected.random_effects[f"s{g:02d}"].iloc[1]) for g in range(12)]
    assert np.allclose(found.predictor.deviations[:, 1].numpy(), turns, atol=2e-3)
    lifts = [float(expected.random_effects[f"s{g:02d}"].iloc[0]) for g in range(12)]
    at_mean = found.predictor.deviations @ torch.tensor([1.0, X.mean()], dtype=torch.float64)
    assert np.allclose(at_mean.numpy(), lifts, atol=2e-3)


def test_the_density_of_the_spreads_is_that_of_the_whole_covariance_matrix() -> None:
    """``log N(y; X m, σ²I + Z D² Z' + X V X')``, written out over all rows."""
    rows = ROWS.groupby("site").head(3).reset_index(drop=True)
    prior = Prior(slopes={"x": Normal(0.5, 0.3)}, noise=HalfNormal(2), groups=HalfNormal(1))
    found = SCM.fit(GRAPH, rows, using=SLOPES, by=Laplace(20), priors={"y": prior}, seed=1)
    part = found.learnt["y"].part
    assert isinstance(part, PooledGaussian)
    x, y = rows["x"].to_numpy(), rows["y"].to_numpy()
    scaled = (x - x.mean()) / x.std()
    member = (rows["site"].to_numpy()[:, None] == np.array(part.levels.levels)).astype(float)
    design = np.column_stack([np.ones(len(x)), scaled])
    spread = np.diag([(2.5 * y.std(ddof=1)) ** 2, (0.3 * x.std()) ** 2])
    mean = design @ np.array([y.mean(), 0.5 * x.std()])

    def plain(at: np.ndarray) -> float:
        sigma, lift, turn = np.exp(at)
        total = sigma**2 * np.eye(len(x)) + design @ spread @ design.T
        total += lift**2 * member @ member.T
        total += turn**2 * (member @ member.T) * np.outer(scaled, scaled)
        away = y - mean
        fit = -np.linalg.slogdet(total)[1] / 2 - away @ np.linalg.solve(total, away) / 2
        scales = np.array([2.0, 1.0, x.std()])
        return float(fit + (at - np.exp(2 * at) / (2 * scales**2)).sum())

    places = RNG.normal(-0.5, 0.5, (6, 3))
    ours = part.log_density(torch.tensor(places), TORCH).numpy()
    theirs = np.array([plain(at) for at in places])
    assert np.allclose(np.diff(ours), np.diff(theirs), atol=1e-8)


def test_small_groups_are_drawn_further_towards_the_average() -> None:
    found = SCM.fit(GRAPH, ROWS, using=INTERCEPTS, by=Laplace(1500), seed=1)
    line = SCM.fit(Graph("x -> y"), ROWS, using={"x": Linear(), "y": Linear()}).mechanisms["y"]
    assert line is not None
    slope = found.draws("y.x").mean()
    start = found.draws("y.intercept").mean()
    own = pandas.Series(Y - start - slope * X).groupby(INDEX).mean().to_numpy()
    pooled = np.array([found.draws(f"y.site[s{g:02d}]").mean() for g in range(12)])
    ratio = (found.draws("y.sd between site") ** 2).mean() / (found.draws("y.sd") ** 2).mean()
    expected = SIZES * ratio / (1 + SIZES * ratio)
    big = np.abs(own) > 0.3
    assert np.abs(pooled[big] / own[big] - expected[big]).max() < 0.25
    assert np.corrcoef(pooled[big] / own[big], SIZES[big])[0, 1] > 0.5
    widths = [found.draws(f"y.site[s{g:02d}]").std() for g in range(12)]
    assert np.corrcoef(widths, SIZES)[0, 1] < -0.5
    assert found.doubts == ()


def test_groups_that_do_not_differ_are_one_line() -> None:
    rows = ROWS.assign(y=1 + 2 * X + 0.1 * np.random.default_rng(8).normal(size=len(X)))
    found: Any = SCM.fit(GRAPH, rows, using=INTERCEPTS).mechanisms["y"]
    plain: Any = SCM.fit(Graph("x -> y"), rows, using={"x": Linear(), "y": Linear()})
    slope = float(plain.mechanisms["y"].predictor.weights[0][0])
    assert float(found.predictor.line.weights[0][0]) == pytest.approx(slope, abs=5e-3)
    assert float(found.predictor.deviations.abs().max()) < 0.05


def test_counterfactuals_and_prior_predictive_of_groups() -> None:
    found = SCM.fit(GRAPH, ROWS, using=SLOPES, by=Laplace(300), seed=2)
    gain = found.counterfactual(ROWS.head(3), do={"x": 0.0})["y"] - ROWS["y"].head(3).to_numpy()
    slope = found.draws("y.x") + found.draws("y.x:site[s00]")
    assert np.allclose(gain.values[:, 0, 0], -slope * X[0], atol=1e-9)
    moved = found.effect("y", do={"site": "s03"}, versus={"site": "s01"}, n=10)
    assert moved.parameter_sd > 0.1
    before = found.prior(draws=2000, seed=3)
    spread = before.draws("y.sd between site")
    own = before.draws("y.site[s04]") + X.mean() * before.draws("y.x:site[s04]")
    assert abs(spread.mean() / (Y.std(ddof=1) * (2 / np.pi) ** 0.5) - 1) < 0.1
    assert abs(own.std() / Y.std(ddof=1) - 1) < 0.15


def test_misuse_is_told() -> None:
    numbers = ROWS.assign(site=INDEX + 0.5)
    for using, rows, message in (
        (Pooled(by="x"), ROWS, "continuous"),
        (Pooled(by="county"), ROWS, "none of its parents"),
        (Pooled(by="site", slopes=("z",)), ROWS, "none of its other parents"),
        (Pooled(by="site"), numbers, "turn it into names"),
    ):
        with pytest.raises(ModelError, match=message):
            SCM.fit(GRAPH, rows, using={"y": using})
    with pytest.raises(ModelError, match="no conjugate prior"):
        SCM.fit(GRAPH, ROWS, using=INTERCEPTS, by=Conjugate())
