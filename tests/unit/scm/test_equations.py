"""Models written by hand as equations: the book's, with shared noise, and their misuse."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyro
import pyro.distributions as dist
import pytest
import torch
from pyro.infer import Predictive

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, frequencies, linear
from causalsim.scm.mechanism import Coupling

N = dist.Normal(0.0, 1.0)
ROUND = dist.VonMises(0.0, 1.0)
UNIFORM = dist.Uniform(0.0, 1.0)
LAPLACE = dist.Laplace(0.0, 1.0)
PAIR = dist.Normal(torch.zeros(2), 1.0)


def encouragement() -> SCM:
    """Pearl, Glymour and Jewell (2016), figure 4.1."""
    return SCM.from_equations(
        {
            "X": N,
            "H": lambda X, u=N: 0.5 * X + u,
            "Y": lambda X, H, u=N: 0.7 * X + 0.4 * H + u,
        }
    )


def confounded() -> SCM:
    """A hidden cause C of x and y."""
    return SCM.from_equations(
        {"x": lambda C, u=N: C + u, "y": lambda x, C, u=N: 2 * x + 3 * C + u, "z": lambda y: y**2},
        noises={"C": N},
    )


def test_joe_scores_1_90() -> None:
    joe = pd.DataFrame({"X": [0.5], "H": [1.0], "Y": [1.5]})
    result = encouragement().counterfactual(joe, do={"H": 2.0})
    assert result["Y"].iloc[0] == pytest.approx(1.90, abs=1e-12)
    assert result.diagnostics.exact


def test_the_graph_is_read_from_the_arguments() -> None:
    assert encouragement().graph == Graph("X -> H -> Y <- X")
    assert confounded().graph == Graph("x -> y -> z; x <-> y")


def test_the_equations_may_stand_in_any_order() -> None:
    model = SCM.from_equations({"y": lambda x, u=N: x + u, "x": N})
    assert model.graph.parents("y") == ("x",)
    assert list(model.sample(3).columns) == ["y", "x"]


def test_noises_may_have_the_names_a_book_gives_them() -> None:
    """A named noise that one equation reads is that equation's own."""
    model = SCM.from_equations(
        {"X": lambda U_X: U_X, "Y": lambda X, U_Y: 2 * X + U_Y}, noises={"U_X": N, "U_Y": N}
    )
    assert model.graph == Graph("X -> Y")
    rows = model.sample(50, seed=1)
    noises = model.abduct(rows)
    np.testing.assert_allclose(noises["U_Y"], rows["Y"] - 2 * rows["X"], atol=1e-12)


def test_a_shared_noise_confounds_and_do_removes_it() -> None:
    """Slope of y on x: cov = 2·var(x) + 3·var(C), so 2 + 3/2 seen and 2 done."""
    model, n = confounded(), 20_000
    seen = model.sample(n, seed=1)
    slope = np.polyfit(seen["x"], seen["y"], 1)[0]
    spread = (9 * 0.5 + 1) ** 0.5 / (2**0.5 * n**0.5)
    assert abs(slope - 3.5) < 4 * spread
    done = model.do(x=N)
    assert done.graph.bidirected == ()
    rows = done.sample(n, seed=2)
    assert abs(np.polyfit(rows["x"], rows["y"], 1)[0] - 2.0) < 4 * 10**0.5 / n**0.5
    worlds = [model.do(x=value).sample(100, seed=3)["y"] for value in (1.0, 0.0)]
    np.testing.assert_allclose(worlds[0] - worlds[1], 2.0)


def test_counterfactuals_that_do_not_need_the_hidden_cause_are_answered() -> None:
    rows = confounded().sample(20, seed=1)
    result = confounded().counterfactual(rows, do={"y": 3.0})
    assert (result["z"] == 9.0).all()
    assert result.diagnostics.exact


def test_the_program_has_one_site_for_the_shared_noise() -> None:
    trace = pyro.poutine.trace(confounded().program()).get_trace(units=4)
    sites = [name for name in trace.nodes if name not in ("_INPUT", "_RETURN", "units")]
    assert sites == ["C", "U_x", "x", "U_y", "y", "z"]
    pyro.set_rng_seed(1)
    drawn = Predictive(confounded().program(), num_samples=30, parallel=True)(units=5)
    torch.testing.assert_close(
        drawn["y"], 2 * drawn["x"] + 3 * drawn["C"].double() + drawn["U_y"].double()
    )


def test_roots_may_be_discrete_and_mechanisms_stand_beside_equations() -> None:
    model = SCM.from_equations(
        {
            "coin": dist.Bernoulli(0.25),
            "arm": frequencies({"a": 0.5, "b": 0.5}),
            "y": lambda coin, arm, u=N: coin + 2.0 * (arm == "b") + u,
            "w": linear({"y": 1.0}),
        }
    )
    rows = model.sample(4000, seed=1)
    assert rows["coin"].dtype.kind == "i"
    assert abs(rows["coin"].mean() - 0.25) < 4 * (0.25 * 0.75 / 4000) ** 0.5
    noises = model.abduct(rows)
    expected = rows["y"] - rows["coin"] - 2.0 * (rows["arm"] == "b")
    np.testing.assert_allclose(noises["U_y"], expected, atol=1e-12)


SHAPES: dict[str, tuple[Callable[..., Any], Coupling]] = {
    "exponential": (lambda x, u=N: torch.exp(x + u), Coupling.INVERSION),
    "falling": (lambda x, u=N: x - torch.sinh(u), Coupling.INVERSION),
    "cubic": (lambda x, u=LAPLACE: x + u**3, Coupling.INVERSION),
    "of a uniform": (lambda x, u=UNIFORM: torch.exp(x) * u**2, Coupling.INVERSION),
    "logistic choice": (
        lambda x, u=UNIFORM: u < torch.sigmoid(x),
        Coupling.MONOTONE,
    ),
    "probit choice": (lambda x, u=N: x + u > 0, Coupling.MONOTONE),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_a_function_that_rises_or_falls_is_inverted(name: str, seed: int) -> None:
    function, coupling = SHAPES[name]
    model = SCM.from_equations({"x": N, "y": function})
    assert model.mechanisms["y"].coupling is coupling
    rows = model.sample(400, seed=seed)
    again = model.counterfactual(rows, do={"x": rows["x"]}, seed=seed)
    np.testing.assert_allclose(again["y"].astype(float), rows["y"].astype(float), rtol=1e-6)
    assert again.diagnostics.exact == (coupling is Coupling.INVERSION)


@pytest.mark.parametrize("name", SHAPES)
def test_noise_recovered_by_bisection_follows_its_prior(name: str) -> None:
    model, n = SCM.from_equations({"x": N, "y": SHAPES[name][0]}), 4000
    noises = model.abduct(model.sample(n, seed=1), seed=2)
    uniform = model.mechanisms["y"].noise.cdf(torch.tensor(np.array(noises["U_y"])))
    grid = torch.arange(1, n + 1, dtype=torch.float64) / n
    assert float((uniform.sort().values - grid).abs().max()) < 2 / n**0.5


def test_the_logistic_counterfactual_is_exact() -> None:
    """P(y_0 = 1 | x=1, y=1) = s(0) / s(1) for one monotone uniform noise."""
    model = SCM.from_equations({"x": N, "y": SHAPES["logistic choice"][0]})
    one, n = pd.DataFrame({"x": [1.0], "y": [True]}), 20_000
    found = model.counterfactual(one, do={"x": 0.0}, draws=n, seed=1).probability("y", True)[0]
    expected = 0.5 / (1 / (1 + math.exp(-1.0)))
    assert abs(found - expected) < 4 * (expected * (1 - expected) / n) ** 0.5


def test_numbers_may_be_declared_levels() -> None:
    model = SCM.from_equations({"y": lambda u=N: 1.0 + (u > 0) + (u > 1)}, levels={"y": (1, 2, 3)})
    assert model.sample(100)["y"].isin([1, 2, 3]).all()
    assert model.abduct(model.sample(100)).shape == (100, 1)


def test_a_noise_without_effect_is_drawn_from_its_prior() -> None:
    model = SCM.from_equations({"x": N, "y": lambda x, u=N: torch.clamp(x, min=0.0) * u})
    rows = pd.DataFrame({"x": [-1.0] * 2000, "y": [0.0] * 2000})
    noises = model.abduct(rows, seed=1)["U_y"]
    assert abs(noises.mean()) < 4 / 2000**0.5
    assert abs(noises.std() - 1.0) < 4 / 4000**0.5


MISUSES: dict[str, tuple[Callable[[], Any], str]] = {
    "an unknown name": (
        lambda: SCM.from_equations({"dose": N, "y": lambda dos: dos}),
        "did you mean 'dose'?",
    ),
    "a cycle": (
        lambda: SCM.from_equations({"x": lambda y: y, "y": lambda x: x}),
        "wait for each other: x -> y -> x",
    ),
    "itself": (lambda: SCM.from_equations({"x": lambda x: x}), "wait for each other: x"),
    "a number": (lambda: SCM.from_equations({"x": 3.0}), "The equation of 'x' is 3.0"),
    "unnamed arguments": (
        lambda: SCM.from_equations({"x": N, "y": lambda *x: x[0]}),
        "The equation of 'y' is",
    ),
    "a function that reads other units": (
        lambda: SCM.from_equations({"x": N, "y": lambda x, u=N: x - x.mean() + u}),
        "mixes units",
    ),
    "a function of one number for all units": (
        lambda: SCM.from_equations({"x": N, "y": lambda x: x.max()}),
        "mixes units",
    ),
    "a function that draws by itself": (
        lambda: SCM.from_equations({"x": N, "y": lambda x: x + torch.rand(x.shape)}),
        "draws random numbers itself",
    ),
    "a noise nobody reads": (
        lambda: SCM.from_equations({"x": N}, noises={"C": N}),
        "No equation reads the noise C",
    ),
    "a noise named as a variable": (
        lambda: SCM.from_equations({"x": N}, noises={"x": N}),
        "both a variable and a noise",
    ),
    "levels of nobody": (
        lambda: SCM.from_equations({"x": N}, levels={"y": (0, 1)}),
        "no variable 'y'",
    ),
    "values outside the levels": (
        lambda: SCM.from_equations({"y": lambda u=N: 1.0 * (u > 0)}, levels={"y": (1, 2)}),
        "cannot be 0.0",
    ),
    "no equations": (lambda: SCM.from_equations({}), "any variable"),
    "a noise that is no Pyro distribution": (
        lambda: SCM.from_equations({"x": torch.distributions.Normal(0.0, 1.0)}),
        "a Pyro distribution of one number",
    ),
    "a noise of many numbers": (
        lambda: SCM.from_equations({"x": lambda u=PAIR: u}),
        "a Pyro distribution of one number",
    ),
    "a function of single numbers": (
        lambda: SCM.from_equations({"x": N, "y": lambda x: math.exp(x)}),
        "write torch.exp(x), not math.exp(x)",
    ),
    "a function that branches": (
        lambda: SCM.from_equations({"x": N, "y": lambda x, u=N: u if x > 0 else -u}),
        "not if",
    ),
    "a function that sums over units": (
        lambda: SCM.from_equations({"x": N, "y": lambda x: x[:3]}),
        "it returned shape (3,)",
    ),
    "a function that returns words": (
        lambda: SCM.from_equations({"x": N, "y": lambda x: "high"}),
        "it returned str",
    ),
    "a function that returns NaN": (
        lambda: SCM.from_equations({"x": N, "y": lambda x: torch.log(x)}),
        "it returned NaN",
    ),
    "the noise behind a hidden cause": (
        lambda: confounded().abduct(confounded().sample(3)),
        "the hidden cause 'C', which no column shows",
    ),
    "an unknown level in an equation": (
        lambda: SCM.from_equations(
            {"arm": frequencies({"a": 0.5, "b": 0.5}), "y": lambda arm, u=N: u + (arm == "c")}
        ),
        "cannot be 'c'",
    ),
    "acting on a hidden cause": (lambda: confounded().do(C=1.0), "no variable 'C'"),
    "a noise that cannot be recovered": (
        lambda: _squared().abduct(_squared().sample(3)),
        "neither rising nor falling",
    ),
    "evidence against a deterministic equation": (
        lambda: confounded().counterfactual(confounded().sample(3).assign(z=-1.0), do={"y": 1.0}),
        "probability zero to the value of 'z' in 3 row(s)",
    ),
    "evidence no noise can give": (
        lambda: SCM.from_equations({"y": lambda u=N: torch.exp(u)}).abduct(
            pd.DataFrame({"y": [1.0, -1.0]})
        ),
        "probability zero to the value of 'y' in 1 row(s), first in row 1",
    ),
    "a value outside the noise's support": (
        lambda: SCM.from_equations({"x": dist.Gamma(1.0, 1.0)}).abduct(pd.DataFrame({"x": [-1.0]})),
        "probability zero to the value of 'x'",
    ),
    "contradicting a deterministic equation": (
        lambda: SCM.from_equations({"x": N, "z": lambda x: x + 1}).abduct(
            pd.DataFrame({"x": [1.0], "z": [5.0]})
        ),
        "probability zero to the value of 'z'",
    ),
    "the density under a noise without quantiles": (
        lambda: _squared().mechanisms["x"].given({}).log_prob(torch.tensor([0.5])),
        "cannot be recovered",
    ),
}


def _squared() -> SCM:
    """Of a noise whose quantiles nobody knows."""
    return SCM.from_equations({"x": lambda u=ROUND: u * u})


@pytest.mark.parametrize("misuse", MISUSES)
def test_misuse_is_a_clear_error_with_a_hint(misuse: str) -> None:
    action, words = MISUSES[misuse]
    with pytest.raises(ModelError) as caught:
        action()
    assert words in str(caught.value)
    assert caught.value.hint
