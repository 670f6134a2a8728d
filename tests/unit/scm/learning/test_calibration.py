"""Simulation-based calibration: truths drawn from the prior rank uniformly among posterior draws.

Talts, Betancourt, Simpson, Vehtari and Gelman, "Validating Bayesian inference algorithms with
simulation-based calibration" (2018).
"""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from causalsim.scm import PoissonRegression
from causalsim.scm.domain import Counts, Levels, Real
from causalsim.scm.learning import (
    Conjugate,
    HalfNormal,
    InverseGamma,
    Laplace,
    Normal,
    Pooled,
    Prior,
    ScaledNormal,
)
from causalsim.scm.learning.learning import learnable
from causalsim.scm.mechanisms.continuous.additive import Linear
from causalsim.scm.mechanisms.discrete.regressions import Ordinal
from causalsim.scm.mechanisms.discrete.threshold import Logit
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed

BINARY = Levels((0, 1))
SITES = Levels(("p", "q", "r", "s", "t"))


def conjugate(rng: Any) -> tuple[Any, Any, Any, Any, dict[str, float]]:
    variance = 1 / rng.gamma(3, 1 / 2)
    a, b = rng.normal([1, 0], [2 * variance**0.5, variance**0.5])
    x = rng.normal(1, 2, 12)
    y = a + b * x + variance**0.5 * rng.normal(size=12)
    prior = Prior(ScaledNormal(1, 2), {"x": ScaledNormal(0, 1)}, noise=InverseGamma(3, 2))
    rows = Rows("y", ("x",), _tensors(x=x, y=y), {"x": Real(), "y": Real()})
    return rows, Linear(), prior, Conjugate(99), {"intercept": a, "x": b, "sd": variance**0.5}


def half_normal(rng: Any) -> tuple[Any, Any, Any, Any, dict[str, float]]:
    a, b, sd = rng.normal(0, 1), rng.normal(0, 1), abs(rng.normal(0, 2))
    x = rng.normal(1, 2, 12)
    y = a + b * x + sd * rng.normal(size=12)
    prior = Prior(Normal(0, 1), {"x": Normal(0, 1)}, noise=HalfNormal(2))
    rows = Rows("y", ("x",), _tensors(x=x, y=y), {"x": Real(), "y": Real()})
    return rows, Linear(), prior, Laplace(99), {"intercept": a, "x": b, "sd": sd}


def logit(rng: Any) -> tuple[Any, Any, Any, Any, dict[str, float]]:
    a, b = rng.normal(0, 1), rng.normal(0, 1)
    x = rng.normal(0, 1.5, 30)
    y = (rng.random(30) < 1 / (1 + np.exp(-a - b * x))).astype(float)
    rows = Rows("y", ("x",), _tensors(x=x, y=y), {"x": Real(), "y": BINARY})
    prior = Prior(Normal(0, 1), {"x": Normal(0, 1)})
    return rows, Logit(), prior, Laplace(99), {"intercept": a, "x": b}


def poisson(rng: Any) -> tuple[Any, Any, Any, Any, dict[str, float]]:
    a, b = rng.normal(0, 1), rng.normal(0, 0.5)
    x = rng.normal(0, 1, 15)
    y = rng.poisson(np.exp(a + b * x)).astype(float)
    rows = Rows("y", ("x",), _tensors(x=x, y=y), {"x": Real(), "y": Counts()})
    prior = Prior(Normal(0, 1), {"x": Normal(0, 0.5)})
    return rows, PoissonRegression(), prior, Laplace(99), {"intercept": a, "x": b}


def ordinal(rng: Any) -> tuple[Any, Any, Any, Any, dict[str, float]]:
    """The prior is about standardised parents, so the parent is standard."""
    b, cuts = rng.normal(0, 1), np.sort(rng.normal(0, 5, 3))
    x = rng.normal(size=25)
    x = (x - x.mean()) / x.std()
    noise = np.log(1 / rng.random(25) - 1)
    y = ((b * x + noise)[:, None] > cuts).sum(axis=1).astype(float)
    rows = Rows("y", ("x",), _tensors(x=x, y=y), {"x": Real(), "y": Levels((0, 1, 2, 3))})
    prior = Prior(slopes={"x": Normal(0, 1)})
    truth = {"x": b, "cut[1]": cuts[0], "cut[2]": cuts[1], "cut[3]": cuts[2]}
    return rows, Ordinal(), prior, Laplace(99), truth


def pooled(rng: Any) -> tuple[Any, Any, Any, Any, dict[str, float]]:
    a, b, sd, between = rng.normal(0, 1), rng.normal(0, 1), abs(rng.normal()), abs(rng.normal())
    own = between * rng.normal(size=5)
    site = np.arange(25) % 5
    x = rng.normal(size=25)
    y = a + b * x + own[site] + sd * rng.normal(size=25)
    kinds = {"x": Real(), "site": SITES, "y": Real()}
    rows = Rows("y", ("x", "site"), _tensors(x=x, site=site.astype(float), y=y), kinds)
    prior = Prior(Normal(0, 1), {"x": Normal(0, 1)}, noise=HalfNormal(1), groups=HalfNormal(1))
    truth = {"x": b, "sd": sd, "sd between site": between, "site[q]": own[1]}
    return rows, Pooled(by="site"), prior, Laplace(99), truth


def _grouped(rng: Any, draw: Any) -> tuple[Any, dict[str, float]]:
    """Parents and predictors of 30 rows in five groups, and the truths."""
    a, b, between = rng.normal(0, 1), rng.normal(0, 0.5), abs(rng.normal())
    own = between * rng.normal(size=5)
    site = np.arange(30) % 5
    x = rng.normal(size=30)
    y = draw(a + b * x + own[site]).astype(float)
    columns = _tensors(x=x, site=site.astype(float), y=y)
    return columns, {"x": b, "sd between site": between, "site[q]": own[1]}


def pooled_logit(rng: Any) -> tuple[Any, Any, Any, Any, dict[str, float]]:
    columns, truth = _grouped(rng, lambda eta: rng.random(30) < 1 / (1 + np.exp(-eta)))
    rows = Rows("y", ("x", "site"), columns, {"x": Real(), "site": SITES, "y": BINARY})
    prior = Prior(Normal(0, 1), {"x": Normal(0, 0.5)}, groups=HalfNormal(1))
    return rows, Pooled(by="site"), prior, Laplace(99), truth


def pooled_poisson(rng: Any) -> tuple[Any, Any, Any, Any, dict[str, float]]:
    columns, truth = _grouped(rng, lambda eta: rng.poisson(np.exp(eta)))
    rows = Rows("y", ("x", "site"), columns, {"x": Real(), "site": SITES, "y": Counts()})
    prior = Prior(Normal(0, 1), {"x": Normal(0, 0.5)}, groups=HalfNormal(1))
    return rows, Pooled(by="site", of=PoissonRegression()), prior, Laplace(99), truth


def _tensors(**columns: Any) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(column) for name, column in columns.items()}


def ranks(case: Any, times: int, seed: int) -> dict[str, list[int]]:
    rng = np.random.default_rng(seed)
    found: dict[str, list[int]] = {}
    for number in range(times):
        rows, recipe, prior, engine, truth = case(rng)
        part = learnable(rows, recipe.fit(rows), prior, {"y": recipe})
        learnt = engine.learn([part], Seed(number))[0]
        drawn = dict(zip(part.names, learnt.parameters.T.numpy(), strict=True))
        for name, value in truth.items():
            found.setdefault(name, []).append(int((drawn[name] < value).sum()))
    return found


QUICK = [conjugate, half_normal, logit, poisson]
POOLED = [pooled, pooled_logit, pooled_poisson]
RUNS = [
    *[pytest.param(case, 24, 1, id=f"few-{case.__name__}") for case in QUICK],
    *[
        pytest.param(c, 400, 2, id=f"many-{c.__name__}", marks=pytest.mark.slow)
        for c in [*QUICK, ordinal]
    ],
    *[pytest.param(c, 150, 2, id=f"many-{c.__name__}", marks=pytest.mark.slow) for c in POOLED],
]


@pytest.mark.parametrize("case, times, seed", RUNS)
def test_truths_rank_uniformly_among_draws(case: Any, times: int, seed: int) -> None:
    for name, found in ranks(case, times, seed).items():
        # Ranks from 0 to 99 in four bins, and their mean.
        counts = np.bincount(np.array(found) // 25, minlength=4)
        assert stats.chisquare(counts).pvalue > 0.001, (name, counts)
        error = (100**2 / 12 / times) ** 0.5
        assert abs(np.mean(found) - 49.5) < 3.5 * error, (name, np.mean(found))
