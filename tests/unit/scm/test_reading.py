"""A Pyro program as a model: the same joint, the same interventions, and clear refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyro
import pyro.distributions as dist
import pytest
import torch
from torch import Tensor

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, GumbelMax
from causalsim.scm.mechanism import Coupling

N = 4000
EFFECTS = torch.tensor([0.0, 1.0, -2.0]).double()


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def mixed(units: int = 7) -> None:
    """Every kind of site, in a plate."""
    with pyro.plate("units", units):
        z = pyro.sample("z", dist.Normal(number(0.0), 1.0))
        x = pyro.sample("x", dist.Bernoulli(logits=z))
        c = pyro.sample("c", dist.Categorical(logits=torch.stack([z, -z, x.double()], -1)))
        pyro.sample("k", dist.Poisson(torch.exp(0.3 * z)))
        w = pyro.deterministic("w", z + 2 * x)
        pyro.sample("b", dist.Beta(2 + x, number(3.0)))
        y = pyro.sample("y", dist.StudentT(number(5.0), w, 0.5 + EFFECTS[c].abs()))
        pyro.sample("g", dist.Gamma(number(2.0), torch.exp(0.2 * y.clamp(-5, 5))))


def single() -> None:
    """One unit, no plate, more families."""
    scale = pyro.param("scale", number(1.5), constraint=dist.constraints.positive)
    a = pyro.sample("a", dist.Laplace(number(1.0), scale))
    b = pyro.sample("b", dist.LogNormal(0.1 * a, number(0.5)))
    c = pyro.sample("c", dist.Uniform(a - 1, a + 1 + b))
    pyro.sample("d", dist.Binomial(5, torch.sigmoid(c)))
    pyro.sample("e", dist.Weibull(1 + b, number(2.0)))
    pyro.sample("f", dist.Exponential(b))
    pyro.sample("h", dist.Geometric(torch.sigmoid(a).clamp(0.2, 0.8)))
    pyro.sample("i", dist.Gumbel(c, number(1.0)))
    pyro.sample("j", dist.HalfNormal(b))
    pyro.sample("l", dist.Gamma(1 + b, number(1.0)))
    flow = [dist.transforms.AffineTransform(a, 2.0), dist.transforms.ExpTransform()]
    pyro.sample("m", dist.TransformedDistribution(dist.Normal(number(0.0), 0.1), flow))
    pyro.sample("n", dist.NegativeBinomial(number(3.0), logits=-c.abs()))
    pyro.sample("o", dist.Cauchy(a, b))
    pyro.sample("p", dist.Logistic(a, number(1.0)))


def many_units() -> None:
    """`single` for many units."""
    with pyro.plate("units", N):
        single()


def drawn(program: Callable[[], Any], nodes: list[str], seed: int) -> dict[str, np.ndarray]:
    """What the program itself draws."""
    pyro.clear_param_store()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        trace = pyro.poutine.trace(program).get_trace()
    pyro.clear_param_store()
    return {node: trace.nodes[node]["value"].detach().double().numpy() for node in nodes}


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Kolmogorov and Smirnov's distance; beyond 2.4 with probability 0.00002."""
    points = np.sort(np.concatenate([one, other]))
    cumulative = [np.searchsorted(np.sort(s), points, side="right") / len(s) for s in (one, other)]
    return float(np.abs(cumulative[0] - cumulative[1]).max()) * (len(one) / 2) ** 0.5


PROGRAMS = {"mixed": (mixed, lambda: mixed(N)), "single": (single, many_units)}


@pytest.fixture(scope="module", params=PROGRAMS)
def pair(request: pytest.FixtureRequest) -> tuple[SCM, Callable[[], Any]]:
    """A model and the program for many units that it was read from."""
    program, many = PROGRAMS[request.param]
    return SCM.from_pyro(program), many


def test_the_graph_is_that_of_the_program() -> None:
    expected = "z -> x; z -> c <- x; z -> k; z -> w <- x; x -> b; w -> y <- c; y -> g"
    assert SCM.from_pyro(mixed).graph == Graph(expected)


def test_the_joint_is_that_of_the_program(pair: tuple[SCM, Callable[[], Any]]) -> None:
    """Each margin, and products of neighbours, which know how they depend on each other."""
    model, many = pair
    nodes = list(model.graph.nodes)
    ours, theirs = model.sample(N, seed=3), drawn(many, nodes, 4)
    for node in nodes:
        assert apart(ours[node].to_numpy(float), theirs[node]) < 2.4, node
    for parent, child in model.graph.directed:
        spread = [np.subtract(*np.quantile(theirs[n], [0.8, 0.2])) or 1.0 for n in (parent, child)]
        for sign in (-0.7, 0.7):
            sums = [
                np.asarray(s[parent], float) / spread[0]
                + sign * np.asarray(s[child], float) / spread[1]
                for s in (ours, theirs)
            ]
            assert apart(*sums) < 2.4, (parent, child)


def test_doing_is_pyros_do(pair: tuple[SCM, Callable[[], Any]]) -> None:
    model, many = pair
    target = next(node for node in ("x", "b") if node in model.graph and node != "k")
    cut = pyro.poutine.do(many, data={target: torch.ones(N).double()})
    nodes = [node for node in model.graph.nodes if node != target]
    ours, theirs = model.do({target: 1}).sample(N, seed=5), drawn(cut, nodes, 6)
    for node in nodes:
        assert apart(ours[node].to_numpy(float), theirs[node]) < 2.4, node


def test_consistency(pair: tuple[SCM, Callable[[], Any]]) -> None:
    """Doing what was done changes nobody: the law that fresh noise breaks."""
    model, _ = pair
    rows = model.sample(300, seed=1)
    for target in list(model.graph.nodes)[:2]:
        again = model.counterfactual(rows, do={target: rows[target].to_numpy()}, seed=2).frame
        for node in model.graph.nodes:
            np.testing.assert_allclose(
                again[node].to_numpy(float), rows[node].to_numpy(float), rtol=1e-8, atol=1e-9
            )


def test_abducted_noise_follows_its_prior(pair: tuple[SCM, Callable[[], Any]]) -> None:
    model, _ = pair
    noises = model.abduct(model.sample(N, seed=1), seed=2)
    for node, mechanism in model.mechanisms.items():
        if f"U_{node}" in noises:
            with torch.random.fork_rng():
                torch.manual_seed(1)
                prior = mechanism.noise.expand(torch.Size((N,))).sample().numpy()
            assert apart(noises[f"U_{node}"].to_numpy(), prior) < 2.4, node


def test_levels_take_the_coupling_that_is_asked_for() -> None:
    model = SCM.from_pyro(mixed, coupling={"c": GumbelMax})
    assert model.mechanisms["c"].coupling is Coupling.GUMBEL
    assert model.mechanisms["x"].coupling is Coupling.THRESHOLD
    rows = model.sample(200, seed=1)
    again = model.counterfactual(rows, do={"x": rows["x"].to_numpy()}, seed=2)
    assert (again["c"] == rows["c"]).all()


def test_the_stores_parameters_are_read_and_left_alone() -> None:
    pyro.clear_param_store()
    model = SCM.from_pyro(single)
    assert list(pyro.get_param_store().keys()) == []
    pyro.param("scale", number(9.0))
    wide = SCM.from_pyro(single)
    pyro.clear_param_store()
    spreads = [float(found.sample(2000, seed=1)["a"].std()) for found in (model, wide)]
    assert spreads[1] / spreads[0] == pytest.approx(6.0, rel=1e-6)


def test_reading_and_running_leave_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    model = SCM.from_pyro(mixed)
    rows = model.sample(20, seed=1)
    model.counterfactual(rows, do={"x": 1}, seed=1)
    assert bool((torch.get_rng_state() == before).all())


def test_observed_sites_are_variables_and_conditioned_parameters_are_fixed() -> None:
    def regression() -> None:
        slope = pyro.sample("slope", dist.Normal(0.0, 1.0))
        with pyro.plate("units", 5):
            x = pyro.sample("x", dist.Normal(number(0.0), 1.0), obs=torch.arange(5.0).double())
            pyro.sample("y", dist.Normal(slope * x, number(0.1)), obs=torch.zeros(5).double())

    model = SCM.from_pyro(pyro.poutine.condition(regression, data={"slope": number(2.0)}))
    assert model.graph == Graph("x -> y")
    rows = model.sample(2000, seed=1)
    assert np.polyfit(rows["x"], rows["y"], 1)[0] == pytest.approx(2.0, abs=4 * 0.1 / 2000**0.5)


def test_the_model_runs_as_a_program_whose_handlers_see_its_own_sites_only() -> None:
    program = SCM.from_pyro(mixed).program()
    fixed = pyro.poutine.condition(program, data={"U_z": torch.full((5,), 2.0).double()})
    trace = pyro.poutine.trace(fixed).get_trace(5)
    sites = [name for name in trace.nodes if name not in ("_INPUT", "_RETURN", "units")]
    assert sites[:4] == ["U_z", "z", "U_x", "x"]
    assert trace.nodes["z"]["value"].tolist() == [2.0] * 5


def branching() -> None:
    x = pyro.sample("x", dist.Normal(number(0.0), 1.0))
    if x > 0:
        pyro.sample("y", dist.Normal(x, 1.0))


def branching_by_mean() -> None:
    x = pyro.sample("x", dist.Normal(number(0.0), 1.0))
    if x.mean() > 0:
        pyro.sample("y", dist.Normal(x, 1.0))


def several() -> None:
    pyro.sample("x", dist.Normal(torch.zeros(3), 1.0))


def vector() -> None:
    pyro.sample("x", dist.Dirichlet(torch.ones(3)))


def shared() -> None:
    slope = pyro.sample("slope", dist.Normal(0.0, 1.0))
    with pyro.plate("units", 5):
        pyro.sample("y", dist.Normal(slope, 1.0))


def weighed() -> None:
    x = pyro.sample("x", dist.Normal(number(0.0), 1.0))
    pyro.factor("weight", -(x**2))


def own_draws() -> None:
    x = pyro.sample("x", dist.Normal(number(0.0), 1.0))
    pyro.sample("y", dist.Normal(x + torch.rand(x.shape[-1] if x.dim() else 1), 1.0))


def strange() -> None:
    pyro.sample("x", dist.VonMises(number(0.0), 1.0))


def looped() -> None:
    for i in pyro.plate("units", 3):
        pyro.sample(f"x_{i}", dist.Normal(number(0.0), 1.0))


def nested() -> None:
    with pyro.plate("a", 3), pyro.plate("b", 2):
        pyro.sample("x", dist.Normal(number(0.0), 1.0))


def subsampled() -> None:
    with pyro.plate("units", 10, subsample_size=5):
        pyro.sample("x", dist.Normal(number(0.0), 1.0))


def with_data() -> None:
    with pyro.plate("units", 5):
        pyro.sample("y", dist.Normal(torch.arange(5.0), 1.0))


def with_prime_data() -> None:
    with pyro.plate("units", 61):
        pyro.sample("y", dist.Normal(torch.arange(61.0), 1.0))


def powers() -> None:
    import math

    x = pyro.sample("x", dist.Normal(number(0.0), 1.0))
    pyro.sample("y", dist.Normal(math.exp(x), 1.0))


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "sites behind an if": (lambda: SCM.from_pyro(branching), "torch.where"),
    "sites behind a condition on all": (lambda: SCM.from_pyro(branching_by_mean), "depend on"),
    "several numbers": (lambda: SCM.from_pyro(several), "several numbers a unit"),
    "a vector": (lambda: SCM.from_pyro(vector), "several numbers a unit"),
    "a parameter with a prior": (lambda: SCM.from_pyro(shared), "outside the plate"),
    "a factor": (lambda: SCM.from_pyro(weighed), "is a factor"),
    "draws outside sites": (lambda: SCM.from_pyro(own_draws), "outside its sample statements"),
    "a family without noise form": (lambda: SCM.from_pyro(strange), "Categorical"),
    "a loop over units": (lambda: SCM.from_pyro(looped), "a loop over"),
    "two plates": (lambda: SCM.from_pyro(nested), "2 plates"),
    "a subsample": (lambda: SCM.from_pyro(subsampled), "only some units"),
    "data of another length": (lambda: SCM.from_pyro(with_data), "make data"),
    "data that differ": (lambda: SCM.from_pyro(with_prime_data), "make the data a site"),
    "math on one number": (lambda: SCM.from_pyro(powers), "not math.exp"),
    "no sites": (lambda: SCM.from_pyro(lambda: None), "no sample site"),
    "no program": (lambda: SCM.from_pyro(3), "function without arguments"),
    "a coupling of nobody": (
        lambda: SCM.from_pyro(mixed, coupling={"q": GumbelMax}),
        "which is no site",
    ),
    "a coupling of a number": (
        lambda: SCM.from_pyro(mixed, coupling={"y": GumbelMax}),
        "which is continuous",
    ),
    "evidence outside the support": (
        lambda: SCM.from_pyro(single).abduct(SCM.from_pyro(single).sample(3).assign(b=-1.0)),
        "probability zero",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_model_of_units_is_refused(case: str) -> None:
    action, words = REFUSED[case]
    with pytest.raises(ModelError) as caught:
        action()
    assert words in str(caught.value)
    assert caught.value.hint
