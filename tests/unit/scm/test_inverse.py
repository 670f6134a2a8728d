"""Every noise behind a value: densities of bent, folded and flat equations against closed forms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyro.distributions as dist
import pytest
import torch
from scipy import stats
from torch import Tensor

from causalsim.scm import SCM
from causalsim.scm.mechanism import Coupling
from causalsim.scm.mechanisms.written.equation import Shape
from causalsim.scm.noise import cumulative, quantiles, support_points

N = dist.Normal(torch.tensor(0.0).double(), 1.0)
FLIP, POISSON = (
    dist.Bernoulli(torch.tensor(0.3).double()),
    dist.Poisson(torch.tensor(2.0).double()),
)
UNIFORM = dist.Uniform(torch.tensor(0.0).double(), 1.0)
AT = torch.tensor([-1.3, -0.2, 0.4, 2.0]).double()
HERE = AT.numpy()


def equation(function: Callable[..., Any]) -> Any:
    """The mechanism of y with a Normal parent x."""
    return SCM.from_equations({"x": N, "y": function}).mechanisms["y"]


CASES: dict[str, tuple[Callable[..., Any], list[float], Callable[[float], Any], Shape]] = {
    "squared": (
        lambda x, u=N: (x + u) ** 2,
        [0.01, 0.5, 3.0],
        lambda v: stats.ncx2.logpdf(v, 1, HERE**2),
        Shape.TANGLED,
    ),
    "folded": (
        lambda x, u=N: torch.abs(x + u),
        [1e-7, 0.01, 0.5, 3.0],
        lambda v: np.logaddexp(stats.norm.logpdf(v - HERE), stats.norm.logpdf(v + HERE)),
        Shape.TANGLED,
    ),
    "exponential": (
        lambda x, u=N: torch.exp(x + u),
        [0.01, 0.5, 30.0],
        lambda v: stats.lognorm.logpdf(v, 1.0, scale=np.exp(HERE)),
        Shape.RISING,
    ),
    "falling": (
        lambda x, u=N: -torch.exp(x + u),
        [-0.01, -7.0],
        lambda v: stats.lognorm.logpdf(-v, 1.0, scale=np.exp(HERE)),
        Shape.FALLING,
    ),
    "held at zero": (
        lambda x, u=N: torch.clamp(x + u, min=0.0),
        [0.0, 0.5],
        lambda v: stats.norm.logcdf(-HERE) if v == 0 else stats.norm.logpdf(v - HERE),
        Shape.RISING,
    ),
    "held, folded": (
        lambda x, u=N: torch.clamp(torch.abs(x + u), max=1.5),
        [1.5, 0.5],
        lambda v: (
            np.log(stats.norm.sf(1.5 - HERE) + stats.norm.cdf(-1.5 - HERE))
            if v == 1.5
            else np.logaddexp(stats.norm.logpdf(v - HERE), stats.norm.logpdf(v + HERE))
        ),
        Shape.TANGLED,
    ),
    "a jump": (
        lambda x, u=N: torch.where(u > 0.3, u + 1.0, u) + x,
        [-1.0, 3.5],
        lambda v: np.log(
            np.where(v - HERE <= 0.3, stats.norm.pdf(v - HERE), 0)
            + np.where(v - HERE - 1 > 0.3, stats.norm.pdf(v - HERE - 1), 0)
            + 1e-300
        ),
        Shape.RISING,
    ),
    "two values": (
        lambda x, u=FLIP: 2.0 * u,
        [0.0, 2.0],
        lambda v: np.full(4, np.log(0.7 if v == 0 else 0.3)),
        Shape.FINITE,
    ),
    "a count squared": (
        lambda x, u=POISSON: (u - 1.0) ** 2,
        [1.0, 4.0],
        lambda v: np.full(
            4, np.log(stats.poisson.pmf([0, 2], 2).sum() if v == 1 else stats.poisson.pmf(3, 2))
        ),
        Shape.FINITE,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_density_sums_over_every_noise(case: str) -> None:
    function, values, expected, shape = CASES[case]
    found = equation(function)
    assert found.shape is shape
    for value in values:
        logs = found.given({"x": AT}).log_prob(torch.full((4,), value).double())
        wanted = np.maximum(expected(value), -600.0)
        np.testing.assert_allclose(np.maximum(logs.numpy(), -600.0), wanted, rtol=1e-7, atol=1e-9)


def test_the_probability_of_levels_sums_over_every_interval() -> None:
    found = equation(lambda x, u=N: torch.abs(x + u) > 1)
    inside = stats.norm.cdf(1 - HERE) - stats.norm.cdf(-1 - HERE)
    np.testing.assert_allclose(found.given({"x": AT}).probabilities[:, 0], inside, atol=1e-12)


def test_each_root_is_drawn_by_its_probability() -> None:
    """Given (x + u)² = 1 at x = 0.5 the noise is 0.5 or -1.5, by the Normal density of each."""
    model, n = SCM.from_equations({"x": N, "y": lambda x, u=N: (x + u) ** 2}), 20_000
    rows = pd.DataFrame({"x": np.full(n, 0.5), "y": np.ones(n)})
    noises = model.abduct(rows, seed=1)["U_y"].to_numpy()
    upper = np.isclose(noises, 0.5)
    np.testing.assert_allclose(noises[~upper], -1.5)
    chance = stats.norm.pdf(0.5) / (stats.norm.pdf(0.5) + stats.norm.pdf(-1.5))
    assert abs(upper.mean() - chance) < 4 * (chance * (1 - chance) / n) ** 0.5
    assert model.mechanisms["y"].coupling is Coupling.TANGLED


def test_a_value_at_a_limit_has_all_noises_beyond_it() -> None:
    """Not the noise at the limit, which would say that the unit was just about to move."""
    model, n = SCM.from_equations({"y": lambda u=N: torch.clamp(u, min=0.0)}), 8000
    noises = model.abduct(pd.DataFrame({"y": np.zeros(n)}), seed=1)["U_y"].to_numpy()
    assert stats.kstest(noises, stats.truncnorm(-np.inf, 0.0).cdf).statistic < 2 / n**0.5
    assert model.mechanisms["y"].coupling is Coupling.MONOTONE


def test_the_density_has_the_derivatives_of_its_parents() -> None:
    """Against the closed form of a log-normal, at parents that need a gradient."""
    found = equation(lambda x, u=N: torch.exp(x + u))
    x = AT.clone().requires_grad_(True)
    value = torch.tensor(1.7).double()
    found.given({"x": x}).log_prob(value).sum().backward()
    torch.testing.assert_close(x.grad, value.log() - AT)


FAMILIES = {
    "Gamma": (dist.Gamma(torch.tensor(2.5).double(), 3.0), stats.gamma(2.5, scale=1 / 3.0)),
    "Beta": (dist.Beta(torch.tensor(2.0).double(), 0.7), stats.beta(2.0, 0.7)),
    "StudentT": (dist.StudentT(torch.tensor(4.0).double(), 1.0, 2.0), stats.t(4.0, 1.0, 2.0)),
    "Laplace": (dist.Laplace(torch.tensor(1.0).double(), 2.0), stats.laplace(1.0, 2.0)),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_quantiles_are_scipys_and_the_inverse_of_the_distribution_function(name: str) -> None:
    noise, expected = FAMILIES[name]
    chances = torch.linspace(0.001, 0.999, 37).double()
    found = quantiles(noise, chances)
    np.testing.assert_allclose(found.numpy(), expected.ppf(chances.numpy()), rtol=1e-5)
    torch.testing.assert_close(cumulative(noise, found), chances)


def test_the_points_of_a_count_hold_all_its_probability() -> None:
    noise = dist.Poisson(torch.tensor(200.0).double())
    assert float(noise.log_prob(support_points(noise)).exp().sum()) == pytest.approx(1.0, abs=1e-12)


def test_an_equation_may_have_several_noises() -> None:
    """The one in which it is a straight line is solved for; the other is hidden, and inferred."""
    model = SCM.from_equations({"x": N, "y": lambda x, v=UNIFORM, u=N: x + 2.0 * v + u})
    assert list(model.mechanisms) == ["y.v", "x", "y"]
    assert model.graph.bidirected == ()
    assert model.mechanisms["y"].argument == "u"
    rows = model.sample(20_000, seed=1)
    assert abs(rows["y"].mean() - 1.0) < 4 * (2 + 4 / 12) ** 0.5 / 20_000**0.5
    again = model.counterfactual(rows[:50], do={"x": rows["x"][:50]}, seed=2)
    np.testing.assert_allclose(again["y"], rows["y"][:50], atol=1e-9)


def test_several_noises_are_inferred_jointly() -> None:
    """y = x + exp(v)·u: given y = 2 at x = 0, doing x = 1 moves y by one whatever the noises."""
    model = SCM.from_equations({"x": N, "y": lambda x, v=N, u=N: x + torch.exp(v) * u})
    row = pd.DataFrame({"x": [0.0], "y": [2.0]})
    moved = model.counterfactual(row, do={"x": 1.0}, draws=50, seed=1)
    np.testing.assert_allclose(moved["y"], 3.0, atol=1e-9)


def scaled(u1: Tensor, x: Tensor, u2: Tensor) -> Tensor:
    """An equation with book-like names."""
    return x + u1 + torch.tanh(u2)


def test_several_named_noises_of_one_equation() -> None:
    model = SCM.from_equations({"x": N, "y": scaled}, noises={"u1": N, "u2": N})
    assert model.graph.bidirected == ()
    assert model.mechanisms["y"].argument == "u1"
    assert "u2" in model.mechanisms
    assert list(model.sample(5).columns) == ["x", "y"]


def test_a_straight_line_needs_no_quantiles() -> None:
    """Nor does its density."""
    angle = dist.VonMises(torch.tensor(0.0).double(), 2.0)
    model = SCM.from_equations({"x": N, "y": lambda x, u=angle: x + 0.5 * u})
    rows = model.sample(50, seed=1)
    noises = model.abduct(rows)["U_y"]
    np.testing.assert_allclose(noises, 2 * (rows["y"] - rows["x"]), atol=1e-12)
    found = model.mechanisms["y"].given({"x": AT}).log_prob(AT + 0.25)
    np.testing.assert_allclose(found.numpy(), stats.vonmises(2.0).logpdf(0.5) + np.log(2.0))
