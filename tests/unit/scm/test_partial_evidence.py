"""Partial evidence in linear Gaussian models against the closed form, and what is refused."""

import numpy as np
import pandas as pd
import pyro.distributions as dist
import pytest
import torch

from causalsim.errors.base import CausalsimError
from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, linear

N = dist.Normal(0.0, 1.0)
UNIFORM = dist.Uniform(0.0, 1.0)
DRAWS = 40_000


def confounded() -> SCM:
    """C hidden; x = C + u, y = 2x + 3C + u."""
    return SCM.from_equations(
        {"x": lambda C, u=N: C + u, "y": lambda x, C, u=N: 2 * x + 3 * C + u}, noises={"C": N}
    )


def near(found: np.ndarray, expected: float, spread: float) -> None:
    """The mean of the draws within 4 standard errors."""
    assert abs(float(found.mean()) - expected) <= 4 * spread / DRAWS**0.5 + 1e-12


def test_a_hidden_common_cause_leaves_its_effect_on_the_outcome_in_place() -> None:
    """y_0 = y - 2x for every noise that the evidence allows: exact though C is uncertain."""
    rows = confounded().sample(50, seed=1)
    result = confounded().counterfactual(rows, do={"x": 0.0}, draws=20, seed=2)
    expected = (rows["y"] - 2 * rows["x"]).to_numpy()
    np.testing.assert_allclose(result.draws_of["y"].numpy(), np.tile(expected, (20, 1)), atol=1e-9)
    assert "Gaussian conditioning of (C, x, y)" in result.diagnostics.engine
    assert not result.diagnostics.exact


def test_joe_without_his_score() -> None:
    """X=.5, H=1 seen, Y not: Y_{H=2} = .35 + .8 + U_Y with U_Y from its prior."""
    model = SCM(
        Graph("X -> H -> Y <- X"),
        {"X": linear({}), "H": linear({"X": 0.5}), "Y": linear({"X": 0.7, "H": 0.4})},
    )
    joe = pd.DataFrame({"X": [0.5], "H": [1.0]})
    result = model.counterfactual(joe, do={"H": 2.0}, draws=DRAWS, seed=1)
    near(result.draws_of["Y"].numpy(), 1.15, 1.0)
    assert abs(float(result.draws_of["Y"].std()) - 1.0) < 4 / (2 * DRAWS) ** 0.5
    assert "the prior of (Y)" in result.diagnostics.engine


def test_joe_without_his_encouragement() -> None:
    """H=1, Y=1.5 seen, X hidden; the closed form of the bivariate Normal for Y_{H=2}.

    With e = (U_X, U_H, U_Y): H = .5 e1 + e2, Y = .7 e1 + .4 H + e3, so Y_2 = Y + .4 (2 - 1).
    """
    model = SCM(
        Graph("X -> H -> Y <- X"),
        {"X": linear({}), "H": linear({"X": 0.5}), "Y": linear({"X": 0.7, "H": 0.4})},
    )
    joe = pd.DataFrame({"H": [1.0], "Y": [1.5]})
    result = model.counterfactual(joe, do={"H": 2.0}, draws=100, seed=1)
    np.testing.assert_allclose(result.draws_of["Y"].numpy(), 1.9, atol=1e-9)


def test_the_posterior_of_a_hidden_cause_is_the_closed_form() -> None:
    """z = C·s with s observed: y_z... C | x ~ Normal(x / 2, 1 / 2), so y_{x=0} = 3C + u."""
    model = SCM.from_equations(
        {"x": lambda C, u=N: C + u, "y": lambda x, C, u=N: 2 * x + 3 * C + u}, noises={"C": N}
    )
    seen = pd.DataFrame({"x": [1.0]})
    drawn = model.counterfactual(seen, do={"x": 0.0}, draws=DRAWS, seed=1).draws_of["y"].numpy()
    spread = (9 / 2 + 1) ** 0.5
    near(drawn, 1.5, spread)
    assert abs(drawn.std() - spread) < 4 * spread / (2 * DRAWS) ** 0.5


def test_observed_values_may_enter_in_any_way() -> None:
    """y = exp(w)·C + u with w observed: gains differ from unit to unit."""
    model = SCM.from_equations(
        {
            "w": N,
            "y": lambda w, C, u=N: torch.exp(w) * C + u,
            "z": lambda C, y, u=N: C - y + u,
        },
        noises={"C": N},
    )
    rows = pd.DataFrame({"w": [0.0, 1.0], "y": [1.0, 2.0]})
    result = model.counterfactual(rows, do={"y": 0.0}, draws=DRAWS, seed=3)
    for unit, (w, y) in enumerate([(0.0, 1.0), (1.0, 2.0)]):
        gain = np.exp(w)
        mean, variance = gain * y / (gain**2 + 1), 1 / (gain**2 + 1)
        near(result.draws_of["z"][:, unit].numpy(), mean, (variance + 1) ** 0.5)


def test_doing_what_was_observed_gives_back_the_row_whatever_is_hidden() -> None:
    """Consistency under partial evidence, on random linear models with hidden nodes."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        nodes = [f"v{number}" for number in range(6)]
        found = {
            node: linear(
                {other: float(rng.normal()) for other in nodes[:at] if rng.random() < 0.6},
                intercept=float(rng.normal()),
                scale=float(rng.uniform(0.5, 2.0)),
            )
            for at, node in enumerate(nodes)
        }
        edges = [(parent, node) for node in nodes for parent in found[node].parents]
        model = SCM(Graph(edges, nodes=nodes), found)
        seen = [node for node in nodes if rng.random() < 0.6] or ["v5"]
        rows = model.sample(10, seed=int(rng.integers(1000)))[seen]
        done = {seen[0]: rows[seen[0]]}
        result = model.counterfactual(rows, do=done, draws=3, seed=1)
        for node in seen:
            if node in result.draws_of:
                expected = np.tile(rows[node].to_numpy(), (result.draws_of[node].shape[0], 1))
                np.testing.assert_allclose(result.draws_of[node].numpy(), expected, atol=1e-7)


def test_averaging_over_the_evidence_gives_back_do() -> None:
    model, n = confounded(), 20_000
    rows = model.sample(n, seed=1)[["x"]]
    imagined = model.counterfactual(rows, do={"x": 1.0}, seed=2)["y"]
    # y_{x=1} = 2 + 3C + u
    assert abs(imagined.mean() - 2.0) < 4 * 10**0.5 / n**0.5
    assert abs(imagined.var() - 10.0) < 4 * 10 * (2 / n) ** 0.5


REFUSED = {
    "a bent hidden cause": (
        lambda: SCM.from_equations(
            {"x": lambda C, u=N: torch.sin(C) + u, "y": lambda x, C, u=N: x + C + u},
            noises={"C": N},
        ).counterfactual(pd.DataFrame({"x": [0.5], "y": [1.0]}), do={"x": 0.0}),
        ModelError,
        "do not enter linearly",
    ),
    "a hidden cause of a choice": (
        lambda: SCM.from_equations(
            {"x": lambda C, u=UNIFORM: u < torch.sigmoid(C), "y": lambda x, C, u=N: x + C + u},
            noises={"C": N},
        ).counterfactual(pd.DataFrame({"x": [True], "y": [1.0]}), do={"x": False}),
        ModelError,
        "is Uniform, not Normal",
    ),
    "evidence that determines itself": (
        lambda: SCM.from_equations(
            {"a": lambda C: C, "b": lambda C: 2 * C, "y": lambda C, a, u=N: C + a + u},
            noises={"C": N},
        ).counterfactual(pd.DataFrame({"a": [1.0], "b": [2.0], "y": [2.0]}), do={"a": 0.0}),
        ModelError,
        "determine one another",
    ),
    "a misspelt column": (
        lambda: SCM(
            Graph("dose -> recovery"), {"dose": linear({}), "recovery": linear({"dose": 1.0})}
        ).counterfactual(pd.DataFrame({"dose": [1.0], "recovry": [2.0]}), do={"dose": 0.0}),
        DataError,
        "did you mean 'recovry'?",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_inferred_is_refused(case: str) -> None:
    action, kind, words = REFUSED[case]
    with pytest.raises(kind) as caught:
        action()
    assert isinstance(caught.value, CausalsimError)
    assert words in str(caught.value)
    assert caught.value.hint
