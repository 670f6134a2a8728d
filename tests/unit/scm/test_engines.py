"""Each engine against a posterior known by other means, and what each refuses."""

import math
import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyro.distributions as dist
import pytest
import torch
from torch import Tensor

from causalsim.errors.inference import InferenceError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, Levels, frequencies, linear, logistic, table
from causalsim.scm.engines import (
    NUTS,
    SVI,
    Elimination,
    Engine,
    Enumeration,
    Gaussian,
    Laplace,
    Particles,
    Solving,
)
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.choosing import choose
from causalsim.scm.engines.guesses.own_noise import shuffled
from causalsim.scm.engines.guesses.weights import (
    effective_size,
    normalised,
    pareto_shape,
    resampled,
)
from causalsim.seeds import Seed

N = dist.Normal(0.0, 1.0)
NARROW = dist.Normal(0.0, 0.3)
UNIFORM = dist.Uniform(0.0, 1.0)
DRAWS = 4_000
BINARY = Levels((0, 1))


def number(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def confounded() -> SCM:
    """C hidden; x = C + u, y = 2x + 3C + u."""
    return SCM.from_equations(
        {"x": lambda C, u=N: C + u, "y": lambda x, C, u=N: 2 * x + 3 * C + u}, noises={"C": N}
    )


def straight(x: float, y: float, units: int = 3) -> Block:
    values = {"x": number(*[x] * units), "y": number(*[y] * units)}
    return Block(("C", "x", "y"), confounded().mechanisms, values)


def exact_of(x: float, y: float) -> tuple[float, float, float]:
    """Mean and deviation of C, and the log density of the evidence, by conjugacy."""
    precision = 1.0 + 1.0 + 9.0
    mean = (x + 3 * (y - 2 * x)) / precision
    # (x, y - 2x) is Normal with covariance I + (1, 3)(1, 3)'.
    residual = np.array([x, y - 2 * x])
    covariance = np.eye(2) + np.outer([1, 3], [1, 3])
    log = -0.5 * residual @ np.linalg.solve(covariance, residual)
    log -= 0.5 * np.log(np.linalg.det(covariance)) + np.log(2 * np.pi)
    return mean, precision**-0.5, float(log)


EVERY: dict[str, Engine] = {
    "gaussian": Gaussian(),
    "particles": Particles(),
    "laplace": Laplace(),
    "variational": SVI(steps=100),
    "sampler": NUTS(kept=100, warmup=50, chains=2),
}


@pytest.mark.parametrize("name", EVERY)
def test_every_engine_finds_the_gaussian_posterior(name: str) -> None:
    engine = EVERY[name]
    block = straight(1.0, 4.0, units=1 if name == "sampler" else 3)
    mean, spread, log = exact_of(1.0, 4.0)
    found = engine.infer(block, draws=DRAWS, seed=Seed(1))
    worth = DRAWS if found.inference.ess is None else float(found.inference.ess.min())
    share = 1 / DRAWS + 1 / worth
    hidden = found.noises["C"]
    assert bool(((hidden.mean(dim=0) - mean).abs() < 4 * spread * share**0.5).all())
    assert bool(((hidden.std(dim=0) - spread).abs() < 4 * spread * (share / 2) ** 0.5).all())
    if found.inference.log_evidence is not None:
        slack = 1e-9 if name == "gaussian" else 4 / worth**0.5
        assert bool(((found.inference.log_evidence - log).abs() < slack).all())


@pytest.mark.parametrize("engine", [Particles(), Laplace()])
def test_evidence_far_out_is_reached(engine: Engine) -> None:
    """Fifty-four standard deviations from the prior; no guess from the prior is anywhere near."""
    mean, spread, log = exact_of(60.0, 300.0)
    found = engine.infer(straight(60.0, 300.0, units=1), draws=DRAWS, seed=Seed(1))
    hidden, ess = found.noises["C"], found.inference.ess
    assert ess is not None
    share = 1 / DRAWS + 1 / float(ess.min())
    assert abs(float(hidden.mean()) - mean) < 4 * spread * share**0.5
    assert abs(float(hidden.std()) - spread) < 4 * spread * (share / 2) ** 0.5
    assert found.inference.log_evidence is not None
    assert abs(float(found.inference.log_evidence) - log) < 1.0
    assert not found.inference.doubts


def test_particles_that_had_to_be_moved_are_told() -> None:
    easy = Particles().infer(straight(0.5, 1.0), draws=10, seed=Seed(1)).inference
    sharp = Particles().infer(straight(6.0, 30.0), draws=10, seed=Seed(1)).inference
    assert "resampled and moved" not in easy.engine
    assert "resampled and moved for 3 of 3 units" in sharp.engine
    assert easy.ess is not None
    assert easy.ess.shape == (3,)


def test_few_particles_are_doubtful() -> None:
    told = Particles(30).infer(straight(1.0, 8.0), draws=10, seed=Seed(1)).inference
    assert any("type by=Particles(600) or by=Laplace()" in doubt for doubt in told.doubts)
    result = confounded().counterfactual(
        pd.DataFrame({"x": [1.0], "y": [8.0]}), do={"x": 0.0}, by=Particles(30)
    )
    assert "Doubtful: The particles of 1 unit(s)" in str(result)


def coins() -> SCM:
    """A hidden season that a sprinkler and rain listen to; wet grass is seen."""
    return SCM(
        Graph("season -> rain -> wet <- sprinkler <- season"),
        {
            "season": frequencies({"dry": 0.6, "rainy": 0.4}),
            "rain": table(
                ["season"],
                {("dry",): [0.9, 0.1], ("rainy",): [0.3, 0.7]},
                levels=[0, 1],
                domains=[Levels(("dry", "rainy"))],
            ),
            "sprinkler": table(
                ["season"],
                {("dry",): [0.4, 0.6], ("rainy",): [0.9, 0.1]},
                levels=[0, 1],
                domains=[Levels(("dry", "rainy"))],
            ),
            "wet": table(
                ["rain", "sprinkler"],
                {(0, 0): [1.0, 0.0], (0, 1): [0.2, 0.8], (1, 0): [0.1, 0.9], (1, 1): [0.0, 1.0]},
                levels=[0, 1],
                domains=[BINARY, BINARY],
            ),
        },
    )


def test_enumeration_is_the_posterior_table() -> None:
    """P(rain, sprinkler, season | wet) by hand."""
    rain = {"dry": 0.1, "rainy": 0.7}
    sprinkler = {"dry": 0.6, "rainy": 0.1}
    wet = {(0, 0): 0.0, (0, 1): 0.8, (1, 0): 0.9, (1, 1): 1.0}
    joint = {
        (s, r, k): p
        * (rain[s] if r else 1 - rain[s])
        * (sprinkler[s] if k else 1 - sprinkler[s])
        * wet[r, k]
        for s, p in (("dry", 0.6), ("rainy", 0.4))
        for r in (0, 1)
        for k in (0, 1)
    }
    total = sum(joint.values())
    expected = sum(p for (_, r, _), p in joint.items() if r) / total
    result = coins().counterfactual(
        pd.DataFrame({"wet": [1]}), do={"sprinkler": 0}, draws=DRAWS, seed=1
    )
    # With the sprinkler off the grass is wet where it rained and the noise allows it.
    told = result.diagnostics
    assert "exact contraction over (season, rain, sprinkler) behind (wet)" in told.engine
    assert told.log_evidence is not None
    assert abs(float(told.log_evidence[0]) - math.log(total)) < 1e-12
    block = Block(("season", "rain", "sprinkler", "wet"), coins().mechanisms, {"wet": number(1.0)})
    found = Enumeration().infer(block, draws=DRAWS, seed=Seed(1))
    # Thresholds: it rained where the noise of rain is above its dry or rainy share of no rain.
    known = {"season": coins().mechanisms["season"].produce({}, found.noises["season"])}
    rained = coins().mechanisms["rain"].produce(known, found.noises["rain"])
    assert abs(float(rained.mean()) - expected) < 4 * (0.25 / DRAWS) ** 0.5


def test_a_thousand_units_with_a_hidden_cause_to_a_fifth_of_a_percent() -> None:
    """P(y_0 = 1 | x, y) averaged over a thousand rows, against quadrature."""
    model = SCM(
        Graph("z -> x; z -> y; x -> y", latent="z"),
        {"z": linear({}), "x": logistic({"z": 1.5}), "y": logistic({"x": 1.0, "z": 2.0})},
    )
    rows = model.sample(1000, seed=1)[["x", "y"]]
    z = np.linspace(-10, 10, 20_001)

    def chance(value: np.ndarray, level: float) -> np.ndarray:
        p = 1 / (1 + np.exp(-value))
        return p if level else 1 - p

    def expected(x: float, y: float) -> float:
        """With one uniform noise: the probability that it lies above the other threshold too."""
        weight = np.exp(-z * z / 2) * chance(1.5 * z, x)
        zero, seen = chance(2 * z, 1.0), chance(2 * z + x, 1.0)
        both = np.minimum(zero, seen) if y else np.maximum(zero - seen, 0.0)
        return float((weight * both).sum() / (weight * chance(2 * z + x, y)).sum())

    truth = {(x, y): expected(x, y) for x in (0, 1) for y in (0, 1)}
    target = np.mean([truth[x, y] for x, y in zip(rows["x"], rows["y"], strict=True)])
    result = model.counterfactual(rows, do={"x": 0}, draws=200, seed=1)
    assert abs(result.mean("y").mean() - target) < 0.002
    ess = result.diagnostics.ess
    assert ess is not None
    assert ess > 500


def test_one_unit_to_three_tenths_of_a_percent() -> None:
    """P(y_0 = 1 | x = 1, y = 1) of one row, ten times; independent draws would be off by .012."""
    model = SCM(
        Graph("z -> x; z -> y; x -> y"),
        {"z": linear({}), "x": logistic({"z": 1.5}), "y": logistic({"x": 1.0, "z": 2.0})},
    )
    z = np.linspace(-10, 10, 20_001)
    weight = np.exp(-z * z / 2) / (1 + np.exp(-1.5 * z))
    expected = (weight / (1 + np.exp(-2 * z))).sum() / (weight / (1 + np.exp(-2 * z - 1))).sum()
    rows = pd.DataFrame({"x": [1] * 10, "y": [1] * 10})
    for engine in (Particles(), Laplace()):
        result = model.counterfactual(rows, do={"x": 0}, draws=DRAWS, by=engine, seed=1)
        assert np.abs(result.probability("y", 1) - expected).max() < 0.003


def test_two_tops_are_both_found() -> None:
    """x = C² + u: the posterior of C is symmetric, its two tops are far apart."""
    model = SCM.from_equations({"x": lambda C, u=NARROW: C**2 + u}, noises={"C": N})
    block = Block(("C", "x"), model.mechanisms, {"x": number(4.0, 9.0)})
    c = np.linspace(-6, 6, 100_001)
    for engine in (Particles(), Laplace()):
        found = engine.infer(block, draws=DRAWS, seed=Seed(1))
        ess = found.inference.ess
        assert ess is not None
        for at, x in enumerate((4.0, 9.0)):
            weight = np.exp(-c * c / 2 - ((x - c * c) / 0.3) ** 2 / 2)
            expected = (weight * np.abs(c)).sum() / weight.sum()
            spread = ((weight * c * c).sum() / weight.sum() - expected**2) ** 0.5
            share = 1 / DRAWS + 1 / float(ess[at])
            hidden = found.noises["C"][:, at]
            assert abs(float(hidden.abs().mean()) - expected) < 4 * spread * share**0.5
            assert abs(float((hidden > 0).double().mean()) - 0.5) < 4 * 0.5 * share**0.5


def test_a_probability_outweighs_a_density() -> None:
    """y = z u with z a coin: y = 0 means z = 0, and any other y means z = 1."""
    model = SCM.from_equations({"z": dist.Bernoulli(0.5), "y": lambda z, u=N: z * u})
    block = Block(("z", "y"), model.mechanisms, {"y": number(0.0, 0.5)})
    for engine in (Elimination(), Enumeration(), Particles(200)):
        found = engine.infer(block, draws=100, seed=Seed(1))
        assert found.noises["z"].mean(dim=0).tolist() == [0.0, 1.0]
        log = found.inference.log_evidence
        assert log is not None
        assert abs(float(log[0]) - math.log(0.5)) < 0.2


def test_a_value_held_at_zero_is_scored_by_its_probability() -> None:
    """y = max(C + u, 0) = 0: C given C + u < 0 has mean -1 / sqrt(pi)."""
    model = SCM.from_equations({"y": lambda C, u=N: torch.relu(C + u)}, noises={"C": N})
    block = Block(("C", "y"), model.mechanisms, {"y": number(0.0)})
    found = Particles().infer(block, draws=DRAWS, seed=Seed(1))
    ess = found.inference.ess
    assert ess is not None
    error = 4 * 0.83 * (1 / DRAWS + 1 / float(ess.min())) ** 0.5
    assert abs(float(found.noises["C"].mean()) + math.pi**-0.5) < error
    assert bool((found.noises["C"] + found.noises["y"] <= 1e-9).all())


def test_a_number_without_noise_is_solved_for_its_hidden_cause() -> None:
    """a = C³ tells C, and so everything."""
    model = SCM.from_equations(
        {"a": lambda C: C**3, "y": lambda C, a, u=N: C + a + u}, noises={"C": N}
    )
    rows = pd.DataFrame({"a": [1.0, -8.0], "y": [2.0, -9.0]})
    result = model.counterfactual(rows, do={"a": 0.0}, draws=20, seed=1)
    np.testing.assert_allclose(result.draws_of["y"], np.tile([1.0, -1.0], (20, 1)), atol=1e-7)
    assert "solved for C from a" in result.diagnostics.engine


def test_every_root_of_a_number_without_noise_has_its_weight() -> None:
    """a = (C - 1)² + D, b = C + D + u: the posterior of C by a grid over C, D = a - (C - 1)²."""
    model = SCM.from_equations(
        {"a": lambda C, D: (C - 1) ** 2 + D, "b": lambda C, D, u=N: C + D + u},
        noises={"C": N, "D": N},
    )
    square = SCM.from_equations(
        {"a": lambda C: (C - 1) ** 2, "b": lambda C, u=N: C + u}, noises={"C": N}
    )
    c = np.linspace(-8, 8, 100_001)
    rest = 1.5 - (c - 1) ** 2
    weight = np.exp(-(c**2) / 2 - rest**2 / 2 - (0.5 - c - rest) ** 2 / 2)
    expected = (weight * c).sum() / weight.sum()
    spread = ((weight * c * c).sum() / weight.sum() - expected**2) ** 0.5
    block = Block(tuple(model.mechanisms), model.mechanisms, {"a": number(1.5), "b": number(0.5)})
    found = Solving().infer(block, draws=DRAWS, seed=Seed(1))
    ess = found.inference.ess
    assert ess is not None
    share = 1 / DRAWS + 1 / float(ess.min())
    assert abs(float(found.noises["C"].mean()) - expected) < 4 * spread * share**0.5
    log = found.inference.log_evidence
    assert log is not None
    density = weight.sum() * (c[1] - c[0]) / (2 * math.pi) ** 1.5
    assert abs(float(log) - math.log(density)) < 4 / float(ess.min()) ** 0.5
    # Two roots alone, 1 ± sqrt(2): each by its density and by what b says of it.
    roots = np.array([1 - 2**0.5, 1 + 2**0.5])
    weight = np.exp(-(roots**2) / 2 - (0.5 - roots) ** 2 / 2)
    block = Block(("C", "a", "b"), square.mechanisms, {"a": number(2.0), "b": number(0.5)})
    found = Solving(4_000).infer(block, draws=DRAWS, seed=Seed(1))
    ess = found.inference.ess
    assert ess is not None
    chance = weight[1] / weight.sum()
    error = (chance * (1 - chance) * (1 / DRAWS + 1 / float(ess.min()))) ** 0.5
    assert abs(float((found.noises["C"] > 1).double().mean()) - chance) < 4 * error


def test_evidence_that_says_the_same_twice_is_no_contradiction() -> None:
    """b = 2a for every noise: seeing both is seeing one."""
    model = SCM.from_equations(
        {"a": lambda C: C, "b": lambda C: 2 * C, "y": lambda C, a, u=N: C + a + u},
        noises={"C": N},
    )
    rows = pd.DataFrame({"a": [1.0], "b": [2.0], "y": [5.0]})
    result = model.counterfactual(rows, do={"a": 0.0}, draws=10, seed=1)
    np.testing.assert_allclose(result.draws_of["y"].numpy(), 4.0, atol=1e-6)


def test_a_bend_that_shows_only_far_out_is_not_taken_for_a_line() -> None:
    model = SCM.from_equations(
        {"x": lambda C, u=N: torch.where(C > 4.0, 2.0 * C - 4.0, C) + u}, noises={"C": N}
    )
    block = Block(("C", "x"), model.mechanisms, {"x": number(1.0)})
    assert Gaussian().accepts(block) == "C do not enter linearly"


REASONS = {
    "a hidden number has no levels": (Enumeration(), straight(1.0, 4.0), "'C' is continuous"),
    "too many levels": (
        Enumeration(most=4),
        Block(tuple(coins().mechanisms), coins().mechanisms, {"wet": number(1.0)}),
        "8 combinations, more than 4",
    ),
    "a table too large": (
        Elimination(most=4),
        Block(tuple(coins().mechanisms), coins().mechanisms, {"wet": number(1.0)}),
        "a table over hidden levels has 8 numbers, more than 4",
    ),
    "a hidden number to be summed": (Elimination(), straight(1.0, 4.0), "'C' is continuous"),
    "levels only": (
        Laplace(),
        Block(tuple(coins().mechanisms), coins().mechanisms, {"wet": number(1.0)}),
        "levels can be enumerated exactly",
    ),
    "noise that is not Normal": (
        Gaussian(),
        Block(tuple(coins().mechanisms), coins().mechanisms, {"wet": number(1.0)}),
        "the noise of 'season' is Uniform, not Normal",
    ),
    "a hidden step": (
        Laplace(),
        Block(
            ("C", "high", "y"),
            SCM.from_equations(
                {"C": N, "high": lambda C: C > 0.0, "y": lambda high, u=N: high * 1.0 + u},
            ).mechanisms,
            {"y": number(1.0)},
        ),
        "the hidden 'high' jumps",
    ),
    "a determined number": (
        Particles(),
        Block(
            ("C", "a"),
            SCM.from_equations({"C": N, "a": lambda C: C**3}).mechanisms,
            {"a": number(8.0)},
        ),
        "'a' is determined by hidden variables",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_an_engine_says_why_it_cannot(case: str) -> None:
    engine, block, words = REASONS[case]
    reason = engine.accepts(block)
    assert reason is not None
    assert words in reason
    with pytest.raises(InferenceError) as caught:
        choose(block, engine)
    assert words in str(caught.value)
    assert str(engine) in str(caught.value)


def test_an_engine_asked_for_is_never_replaced() -> None:
    rows = pd.DataFrame({"x": [1.0], "y": [4.0]})
    with pytest.raises(InferenceError, match=r"Enumeration\(most=4096\) cannot infer"):
        confounded().counterfactual(rows, do={"x": 0.0}, by=Enumeration())
    result = confounded().counterfactual(rows, do={"x": 0.0}, by=Laplace(), seed=1)
    assert "Normals at the tops" in result.diagnostics.engine
    assert result.diagnostics.engine.endswith("as asked")
    assert result.diagnostics.k_hat is not None
    assert result.diagnostics.k_hat < 0.7


def test_the_cheapest_exact_engine_is_chosen_and_the_others_are_told_off() -> None:
    assert choose(straight(1.0, 4.0), None) == (Gaussian(), "")
    block = Block(tuple(coins().mechanisms), coins().mechanisms, {"wet": number(1.0)})
    engine, why = choose(block, None)
    assert engine == Elimination()
    assert why == "because the noise of 'season' is Uniform, not Normal"


def test_a_number_behind_levels_is_left_to_enumeration() -> None:
    """t = 2 z has no levels of its own: a list of the levels of z says what it is."""
    model = SCM.from_equations(
        {"z": dist.Bernoulli(0.5), "t": lambda z: 2.0 * z + 0.5, "y": lambda t, u=N: t + u}
    )
    engine, why = choose(Block(("z", "t", "y"), model.mechanisms, {"y": number(0.0)}), None)
    assert engine == Enumeration()
    assert "'t' is continuous, not one of a few levels" in why


def test_no_engine_is_an_error_with_every_reason() -> None:
    model = SCM.from_equations(
        {"a": lambda C: C**3, "b": lambda C: torch.exp(C), "y": lambda C, a, b, u=N: C + a + b + u},
        noises={"C": N},
    )
    rows = pd.DataFrame({"a": [1.0], "b": [math.e], "y": [2.0]})
    with pytest.raises(InferenceError) as caught:
        model.counterfactual(rows, do={"a": 0.0})
    for reason in (
        "do not enter linearly",
        "'C' is continuous",
        "'a' is determined by hidden variables, so no guess can match it",
        "'b' is determined by hidden variables, and no hidden noise is left",
    ):
        assert reason in str(caught.value)


IMPOSSIBLE: dict[str, tuple[SCM, Mapping[str, list[float]], str]] = {
    "levels that no combination gives": (
        SCM(
            Graph("h -> a; h -> b; a -> b"),
            {
                "h": frequencies({"p": 0.5, "q": 0.5}),
                "a": table(
                    ["h"],
                    {("p",): [1.0, 0.0], ("q",): [0.5, 0.5]},
                    levels=[0, 1],
                    domains=[Levels(("p", "q"))],
                ),
                "b": table(
                    ["h", "a"],
                    {
                        ("p", 0): [0.5, 0.5],
                        ("p", 1): [0.5, 0.5],
                        ("q", 0): [0.5, 0.5],
                        ("q", 1): [0.0, 1.0],
                    },
                    levels=[0, 1],
                    domains=[Levels(("p", "q")), BINARY],
                ),
            },
        ),
        {"a": [0, 1], "b": [0, 0]},
        "the value of 'a, b' in 1 row(s), first in row 1",
    ),
    "a number outside of every reach": (
        SCM.from_equations(
            {
                "x": lambda C, u=UNIFORM: C + u,
                "y": lambda x, C, u=N: x + C + u,
            },
            noises={"C": dist.Uniform(0.0, 1.0)},
        ),
        {"x": [1.0, 2.5], "y": [0.0, 0.0]},
        "the value of (x) in 1 row(s), first in row 1",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_evidence_of_probability_zero_names_variable_and_row(case: str) -> None:
    model, columns, words = IMPOSSIBLE[case]
    target = next(iter(columns))
    with pytest.raises(ModelError) as caught:
        model.counterfactual(pd.DataFrame(columns), do={target: columns[target][0]})
    assert "probability zero" in str(caught.value)
    assert words in str(caught.value)


BAD = {
    "no guesses": (lambda: Particles(0), "count must be a positive whole number"),
    "no moves": (lambda: Particles(10, moves=0), "moves must be"),
    "no starts": (lambda: Laplace(starts=0), "starts must be"),
    "no steps": (lambda: SVI(steps=0), "steps must be"),
    "one chain": (lambda: NUTS(chains=1), "chains must be at least 2"),
    "no guesses to solve": (lambda: Solving(0), "count must be"),
    "no combinations": (lambda: Enumeration(most=0), "most must be"),
    "no table": (lambda: Elimination(most=0), "most must be"),
}


@pytest.mark.parametrize("case", BAD)
def test_engines_refuse_bad_sizes(case: str) -> None:
    action, words = BAD[case]
    with pytest.raises(ModelError, match=words):
        action()


def test_the_pareto_shape_is_that_of_arviz() -> None:
    """Against the reference implementation, on weights with light and with heavy tails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz
    generator = torch.Generator().manual_seed(1)
    for scale in (0.3, 1.0, 2.0, 4.0):
        logs = scale * torch.randn((2_000, 5), generator=generator, dtype=torch.float64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = arviz.psislw(logs.T.numpy())[1]
        np.testing.assert_allclose(pareto_shape(logs).numpy(), expected, atol=0.02)
    assert bool((pareto_shape(torch.zeros((100, 2))) == -torch.inf).all())


def test_resampling_keeps_the_weights_and_each_draw_by_itself() -> None:
    weights, _ = normalised(torch.log(number(0.1, 0.2, 0.7)).unsqueeze(1).expand(3, 5_000))
    generator = torch.Generator().manual_seed(1)
    chosen = resampled(weights, 10, generator)
    mixed = shuffled({"only": chosen}, Seed(1))["only"]
    for guess, weight in enumerate((0.1, 0.2, 0.7)):
        # Systematic: every unit has the rounded number of copies of every guess.
        assert bool(((chosen == guess).sum(dim=0) - 10 * weight).abs().max() < 1 + 1e-9)
        # Shuffled, the first draw of a unit is a draw by weight.
        first = float((mixed[0] == guess).double().mean())
        assert abs(first - weight) < 4 * (weight * (1 - weight) / 5_000) ** 0.5
    assert float(effective_size(weights)[0]) == pytest.approx(1 / (0.01 + 0.04 + 0.49))


def test_parts_of_the_units_answer_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from causalsim.scm.engines import gaussian, laplace, particles

    block = straight(1.0, 4.0, units=7)
    mean, spread, _ = exact_of(1.0, 4.0)
    for module in (gaussian, laplace, particles):
        monkeypatch.setattr(module, "_AT_ONCE", 3)
    for engine in (Gaussian(), Laplace(200), Particles(500)):
        found = engine.infer(block, draws=200, seed=Seed(1))
        assert found.noises["y"].shape == (200, 7)
        assert found.inference.log_evidence is not None
        assert found.inference.log_evidence.shape == (7,)
        # No two units share their draws.
        assert len(set(found.noises["C"][0].tolist())) == 7
        assert abs(float(found.noises["C"].mean()) - mean) < 5 * spread / (7 * 50) ** 0.5
