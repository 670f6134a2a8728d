"""The conditioned Pyro program, run by Pyro's own engines, against exact answers."""

from typing import Any

import numpy as np
import pandas
import pyro
import pytest
import torch
from pyro.infer import (
    MCMC,
    NUTS,
    SVI,
    Predictive,
    Trace_ELBO,
    TraceEnum_ELBO,
    config_enumerate,
    infer_discrete,
)
from pyro.infer.autoguide import AutoDelta, AutoMultivariateNormal
from pyro.poutine import block

from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, linear, logistic
from causalsim.scm.mechanisms.discrete.threshold import frequencies

CHAIN = SCM(
    Graph("x -> m -> y <- x"),
    {
        "x": linear({}, scale=2.0),
        "m": linear({"x": 0.5}, intercept=1.0),
        "y": linear({"x": 1.0, "m": -2.0}, scale=0.5),
    },
)
SEEN = pandas.DataFrame({"m": [1.5, -0.5, 3.0], "y": [0.0, 1.0, -8.0]})


@pytest.fixture(autouse=True)
def own_random_state() -> Any:
    """Pyro draws from torch's global stream: lend it a seed, and a parameter store."""
    with torch.random.fork_rng(devices=[]), pyro.get_param_store().scope():
        pyro.set_rng_seed(1)
        yield


def exact_x(rows: pandas.DataFrame) -> tuple[np.ndarray, float]:
    """Mean and sd of x given m and y, from the joint covariance of (x, m, y)."""
    gains = np.array([[2.0, 0, 0], [1.0, 1.0, 0], [2.0 - 2.0, -2.0, 0.5]])  # noises sd 2, 1, .5
    mean = np.array([0.0, 1.0, -2.0])
    covariance = gains @ gains.T
    slope = covariance[0, 1:] @ np.linalg.inv(covariance[1:, 1:])
    spread = covariance[0, 0] - slope @ covariance[1:, 0]
    return (rows[["m", "y"]].to_numpy() - mean[1:]) @ slope, float(spread**0.5)


def test_nuts_conditions_a_gaussian_exactly() -> None:
    program = CHAIN.conditioned(SEEN)
    assert program.hidden == ("U_x",)
    chain = MCMC(
        NUTS(program, max_tree_depth=3), num_samples=200, warmup_steps=60, disable_progbar=True
    )
    chain.run()
    drawn = chain.get_samples()["U_x"].numpy()
    mean, sd = exact_x(SEEN)
    assert np.abs(drawn.mean(axis=0) - mean).max() < 4 * sd / 100**0.5
    assert np.abs(drawn.std(axis=0) / sd - 1).max() < 4 / (2 * 100) ** 0.5


def test_svi_with_a_full_guide_conditions_a_gaussian() -> None:
    program = CHAIN.conditioned(SEEN)
    guide = AutoMultivariateNormal(program)
    loss = Trace_ELBO(16, max_plate_nesting=1, vectorize_particles=True)
    svi = SVI(program, guide, pyro.optim.ClippedAdam({"lr": 0.1, "lrd": 0.98}), loss)
    for _ in range(200):
        svi.step()
    found = guide.get_posterior()
    mean, sd = exact_x(SEEN)
    assert np.abs(found.mean.detach().numpy() - mean).max() < 0.1
    assert np.abs(found.variance.sqrt().detach().numpy() / sd - 1).max() < 0.15


def test_predictive_draws_what_is_hidden_and_keeps_what_was_seen() -> None:
    program = CHAIN.conditioned(SEEN)
    drawn = Predictive(program, num_samples=50)()
    assert drawn["U_x"].shape == (50, 3)
    trace = pyro.poutine.trace(program).get_trace()
    assert torch.equal(trace.nodes["y"]["value"], torch.tensor(SEEN["y"].to_numpy()))
    assert trace.nodes["y"]["is_observed"]
    assert not trace.nodes["U_x"]["is_observed"]


SWITCH = SCM(
    Graph("c -> x; c -> y; x -> y; z"),
    {
        "c": frequencies({"a": 0.2, "b": 0.5, "d": 0.3}),
        "x": SCM.fit(
            Graph("c -> x"),
            pandas.DataFrame({"c": list("abd") * 8, "x": [0.1, 1.0, 4.2, 1.4, 3.3, 5.5] * 4}),
        ).mechanisms["x"],
        "y": SCM.fit(
            Graph("c -> y <- x"),
            pandas.DataFrame(
                {
                    "c": list("aabbdd") * 5,
                    "x": np.arange(30) % 7 + 0.5,
                    "y": [0, 1, 0, 0, 1, 1] * 3 + [1, 0, 0, 1, 1, 0] * 2,
                }
            ),
        ).mechanisms["y"],
        "z": linear({}),
    },
)


def exact_levels(rows: pandas.DataFrame) -> torch.Tensor:
    """Bayes' rule over the three levels, and the log-evidence of each row."""
    seen = {name: torch.tensor(rows[name].to_numpy()).double() for name in rows}
    logs = []
    for code in range(3):
        values = {**seen, "c": torch.full((len(rows),), float(code)).double()}
        parts = [SWITCH.mechanisms[n].given(values).log_prob(values[n]) for n in ("c", "x", "y")]
        logs.append(sum(parts))
    return torch.stack([log.expand(len(rows)) for log in logs])


def test_hidden_levels_are_enumerated_exactly() -> None:
    rows = pandas.DataFrame({"x": [0.5, 2.0, 4.0, 1.0], "y": [1, 0, 1, 1], "z": [0.0] * 4})
    program = SWITCH.conditioned(rows)
    assert program.hidden == ("c",)
    exact = exact_levels(rows)
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(torch.zeros(4)).sum()
    elbo = TraceEnum_ELBO(max_plate_nesting=1)
    guide = AutoDelta(block(program, hide=["c"]))
    loss = elbo.loss(program, guide)
    assert -loss == pytest.approx(float(exact.logsumexp(0).sum() + prior), rel=1e-6)


def test_discrete_inference_draws_hidden_levels() -> None:
    rows = pandas.DataFrame({"x": [0.5] * 2000, "y": [1] * 2000, "z": [0.0] * 2000})
    program = config_enumerate(SWITCH.conditioned(rows))
    drawn = infer_discrete(program, first_available_dim=-2)()["c"]
    chances = torch.softmax(exact_levels(rows)[:, 0], dim=0)
    shares = torch.bincount(drawn.long(), minlength=3) / 2000
    assert float((shares - chances).abs().max()) < 4 * (0.25 / 2000) ** 0.5


def test_noises_make_counterfactuals_in_pyro_as_in_the_model() -> None:
    program = CHAIN.conditioned(SEEN)
    mean, sd = exact_x(SEEN)
    stream = torch.Generator().manual_seed(1)
    hidden = torch.randn((400, 3), generator=stream, dtype=torch.float64) * sd
    noises = program.noises({"U_x": hidden + torch.tensor(mean)})
    assert sorted(noises) == ["U_m", "U_x", "U_y"]
    world = CHAIN.do(m=2.0)
    drawn = Predictive(world.program(), posterior_samples=noises, return_sites=["y"])(3)["y"]
    model = CHAIN.counterfactual(SEEN, do={"m": 2.0}, draws=400, seed=3)
    # y = x - 2 m + U_y: the noises that are left are exchanged one for one, so y moves by m alone.
    expected = SEEN["y"].to_numpy() - 2.0 * (2.0 - SEEN["m"].to_numpy())
    assert np.abs(drawn.mean(dim=0).numpy() - expected).max() < 1e-9
    assert np.abs(model.mean("y") - expected).max() < 1e-6


def test_noises_of_seen_levels_give_them_back() -> None:
    model = SCM(Graph("x -> y"), {"x": linear({}), "y": logistic({"x": 1.0})})
    rows = model.sample(200, seed=1)
    program = model.conditioned(rows)
    assert program.hidden == ()
    noises = program.noises({}, seed=4)
    again = Predictive(model.program(), posterior_samples=noises, return_sites=["y"])(200)["y"]
    assert np.array_equal(again[0].numpy(), rows["y"].to_numpy())
    assert torch.equal(noises["U_y"], program.noises({}, seed=4)["U_y"])


def test_misuse_is_told() -> None:
    with pytest.raises(DataError, match="'x'"):
        CHAIN.conditioned(pandas.DataFrame({"other": [1.0]}))
    program = CHAIN.conditioned(SEEN)
    with pytest.raises(ModelError, match="hidden sites"):
        program.noises({})
    with pytest.raises(ModelError, match="of shape"):
        program.noises({"U_x": torch.zeros(3)})
    copied = SCM.from_equations({"x": pyro.distributions.Normal(0.0, 1.0), "y": lambda x: 2.0 * x})
    with pytest.raises(ModelError, match="determined by hidden"):
        copied.conditioned(pandas.DataFrame({"y": [1.0]}))
    with pytest.raises(ModelError, match="probability zero"):
        copied.conditioned(pandas.DataFrame({"x": [1.0], "y": [1.0]}))
