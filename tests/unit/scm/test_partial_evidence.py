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
from causalsim.scm import SCM, GumbelMax, Levels, Particles, linear, logistic
from causalsim.scm.mechanisms.parts.chances import Logits
from causalsim.scm.mechanisms.parts.terms import Predictor, Slope

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


def test_the_engine_agrees_with_conditioning_the_joint_normal() -> None:
    """Random linear models, random hidden nodes: mean and spread of each counterfactual value.

    With ``x = (I - B)⁻¹ e`` and evidence ``x_S``, the noise is Normal with mean
    ``D A'(A D A')⁻¹ x_S`` for ``A`` the rows S of ``(I - B)⁻¹``; the other world is linear in it.
    """
    rng, size, draws = np.random.default_rng(8), 5, 20_000
    for trial in range(10):
        nodes = [f"v{number}" for number in range(size)]
        weights = np.tril(rng.normal(size=(size, size)) * (rng.random((size, size)) < 0.7), -1)
        scales = rng.uniform(0.5, 2.0, size)
        found = {
            node: linear(
                {nodes[k]: float(weights[at, k]) for k in range(size) if weights[at, k]},
                scale=float(scales[at]),
            )
            for at, node in enumerate(nodes)
        }
        edges = [(parent, node) for node in nodes for parent in found[node].parents]
        model = SCM(Graph(edges, nodes=nodes), found)
        seen = sorted(rng.choice(size, size=3, replace=False).tolist())
        target, outcome = seen[0], size - 1
        values = rng.normal(size=3)
        rows = pd.DataFrame({nodes[at]: [value] for at, value in zip(seen, values, strict=True)})
        result = model.counterfactual(rows, do={nodes[target]: 1.0}, draws=draws, seed=trial)
        if nodes[outcome] not in result.draws_of or target == outcome:
            continue
        noise = np.diag(scales**2)
        evidence = np.linalg.inv(np.eye(size) - weights)[seen]
        gain = noise @ evidence.T @ np.linalg.inv(evidence @ noise @ evidence.T)
        mean, spread = gain @ values, noise - gain @ evidence @ noise
        cut = weights.copy()
        cut[target] = 0.0
        row = np.linalg.inv(np.eye(size) - cut)[outcome]
        fixed, row[target] = row[target] * 1.0, 0.0
        sd = float(np.sqrt(max(row @ spread @ row, 0.0)))
        drawn = result.draws_of[nodes[outcome]].numpy()
        assert abs(drawn.mean() - (fixed + row @ mean)) < 4 * sd / draws**0.5 + 1e-7
        assert abs(drawn.std() - sd) < 4 * sd / (2 * draws) ** 0.5 + 1e-6


def chosen_under_confounding() -> SCM:
    """Binary x and y, both driven by a hidden Normal z."""
    return SCM(
        Graph("z -> x; z -> y; x -> y", latent="z"),
        {"z": linear({}), "x": logistic({"z": 1.5}), "y": logistic({"x": 1.0, "z": 2.0})},
    )


def sigmoid(value: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-value))


def test_particles_give_the_counterfactual_of_a_confounded_choice() -> None:
    """P(y_0 = 1 | x=1, y=1) = ∫ s(1.5z) s(2z) φ / ∫ s(1.5z) s(1+2z) φ, by quadrature.

    Fresh noise in the other world would give ∫ s(1.5z) s(1+2z) s(2z) φ / …, which is less.
    """
    z, count, draws = np.linspace(-10, 10, 20_001), 4_000, 4_000
    prior = np.exp(-z * z / 2) * sigmoid(1.5 * z)
    expected = (prior * sigmoid(2 * z)).sum() / (prior * sigmoid(1 + 2 * z)).sum()
    fresh = (prior * sigmoid(1 + 2 * z) * sigmoid(2 * z)).sum() / (prior * sigmoid(1 + 2 * z)).sum()
    one = pd.DataFrame({"x": [1], "y": [1]})
    by = Particles(count)
    result = chosen_under_confounding().counterfactual(one, do={"x": 0}, draws=draws, by=by, seed=1)
    ess = result.diagnostics.ess
    assert ess is not None
    assert 500 < ess < count
    error = (expected * (1 - expected) * (1 / draws + 1 / ess)) ** 0.5
    assert abs(result.probability("y", 1)[0] - expected) < 4 * error
    assert expected - fresh > 8 * error
    assert "particles" in str(result)


def test_a_thousand_units_with_a_hidden_cause() -> None:
    """Averaged over units the error of the particles is that of the draws."""
    z = np.linspace(-10, 10, 20_001)
    prior = np.exp(-z * z / 2) * sigmoid(1.5 * z)
    expected = (prior * sigmoid(2 * z)).sum() / (prior * sigmoid(1 + 2 * z)).sum()
    rows = pd.DataFrame({"x": [1] * 1000, "y": [1] * 1000})
    result = chosen_under_confounding().counterfactual(rows, do={"x": 0}, draws=20, seed=1)
    error = (expected * (1 - expected) / 20_000) ** 0.5
    assert abs(result.mean("y").mean() - expected) < 4 * error


def test_particles_and_gaussian_conditioning_agree() -> None:
    seen = pd.DataFrame({"x": [1.0]})
    draws, count = 20_000, 20_000
    by = Particles(count)
    drawn = confounded().counterfactual(seen, do={"x": 0.0}, draws=draws, by=by, seed=1)
    ess = drawn.diagnostics.ess
    assert ess is not None
    spread = (9 / 2 + 1) ** 0.5
    error = spread * (1 / draws + 1 / ess) ** 0.5
    assert abs(float(drawn.draws_of["y"].mean()) - 1.5) < 4 * error


def test_particles_reproduce_the_evidence() -> None:
    """Consistency with a hidden cause of discrete and continuous variables, unit by unit."""
    slope = torch.ones(1, 2, dtype=torch.float64)
    either = Predictor((Slope("z"), Slope("x")), slope[0] * 0, (slope, -slope))
    model = SCM(
        Graph("z -> x; z -> y; x -> y; z -> c; x -> c", latent="z"),
        {
            "z": linear({}),
            "x": logistic({"z": 1.5}),
            "y": linear({"x": 1.0, "z": 2.0}),
            "c": GumbelMax(Logits(either), Levels(("p", "q", "r"))),
        },
    )
    rows = model.sample(40, seed=3)
    again = model.counterfactual(rows, do={"x": rows["x"]}, seed=1)
    np.testing.assert_allclose(again["y"], rows["y"], atol=1e-9)
    assert "because the noise of 'x' is Uniform, not Normal" in again.diagnostics.engine
    assert (again["c"] == rows["c"]).all()


def test_a_bent_hidden_cause_is_inferred_by_particles() -> None:
    """x = sin(C) + u: E[C | x = 1] by quadrature."""
    model = SCM.from_equations(
        {"x": lambda C, u=N: torch.sin(C) + u, "y": lambda x, C, u=N: x + C + u}, noises={"C": N}
    )
    c = np.linspace(-10, 10, 20_001)
    weight = np.exp(-c * c / 2 - (1.0 - np.sin(c)) ** 2 / 2)
    expected = (weight * c).sum() / weight.sum()
    result = model.counterfactual(
        pd.DataFrame({"x": [1.0]}), do={"x": 0.0}, draws=DRAWS, by=Particles(DRAWS), seed=1
    )
    ess = result.diagnostics.ess
    assert ess is not None
    error = 2**0.5 * (1 / DRAWS + 1 / ess) ** 0.5
    assert abs(float(result.draws_of["y"].mean()) - expected) < 4 * error


REFUSED = {
    "evidence that no guess agrees with": (
        lambda: SCM.from_equations(
            {"x": lambda C, u=UNIFORM: C + u, "y": lambda x, C, u=N: x + C + u},
            noises={"C": UNIFORM},
        ).counterfactual(pd.DataFrame({"x": [2.5], "y": [3.0]}), do={"x": 0.0}),
        ModelError,
        "probability zero, or next to it, to the value of (x) in 1 row(s), first in row 0",
    ),
    "no particles": (lambda: Particles(0), ModelError, "count must be"),
    "an engine by name": (
        lambda: confounded().counterfactual(
            pd.DataFrame({"x": [1.0]}),
            do={"x": 0.0},
            by="particles",  # type: ignore[arg-type]
        ),
        ModelError,
        "by must be an engine",
    ),
    "evidence that contradicts itself": (
        lambda: SCM.from_equations(
            {"a": lambda C: C, "b": lambda C: 2 * C, "y": lambda C, a, u=N: C + a + u},
            noises={"C": N},
        ).counterfactual(pd.DataFrame({"a": [1.0], "b": [2.5], "y": [2.0]}), do={"a": 0.0}),
        ModelError,
        "The values of (a, b) contradict the equations",
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
