"""Laws of single mechanisms, looped over every family: given, abduct and produce fit together."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from causalsim.scm import (
    Frequencies,
    GumbelMax,
    Levels,
    Splines,
    Threshold,
    frequencies,
    linear,
    table,
)
from causalsim.scm.domain import Counts, Real
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.discrete.threshold import Logit
from causalsim.scm.mechanisms.imposed import Held, Shifted
from causalsim.scm.noise import draw, is_noiseless
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed

UNITS = 40
BINARY, NAMED = Levels((0, 1)), Levels(("a", "b", "c"))
PARENTS = {"x": Real(), "s": BINARY, "c": NAMED}


def parents(seed: int, units: int = UNITS) -> dict[str, Tensor]:
    """Random values of three parents: continuous, binary and named."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "x": torch.randn(units, generator=generator, dtype=torch.float64),
        "s": torch.randint(2, (units,), generator=generator).double(),
        "c": torch.randint(3, (units,), generator=generator).double(),
    }


def stream(seed: int) -> torch.Generator:
    """Random numbers that are independent of the parents'."""
    return Seed(seed).child("noise").torch()


def fitted(recipe: Any, domain: Any, target: Any, reads: tuple[str, ...]) -> Any:
    """A member of a family, fitted to made-up rows."""
    values = parents(3, 400)
    noise = torch.randn(400, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    values["y"] = target(values, noise)
    names = ("y", *reads)
    domains = {**PARENTS, "y": domain}
    return recipe.fit(
        Rows("y", reads, {n: values[n] for n in names}, {n: domains[n] for n in names})
    )


def ordered(values: Values, noise: Tensor) -> Tensor:
    return 1.0 + (values["x"] + noise > 0) + 2.0 * (values["x"] + noise > 1)


MECHANISMS = {
    "linear by hand": linear({"x": 0.7, "s": -2.0}, intercept=1.0, scale=0.5),
    "Normal root": linear({}, intercept=3.0, scale=2.0),
    "splines": fitted(
        Splines(5), Real(), lambda v, u: torch.tanh(v["x"]) + v["c"] + 0.3 * u, ("x", "s", "c")
    ),
    "binary logit": fitted(
        Logit(), BINARY, lambda v, u: (v["x"] + u > 0).double(), ("x", "s", "c")
    ),
    "ordered logit of numbers": fitted(Logit(), Levels((1, 2, 4)), ordered, ("x", "s")),
    "named logit": fitted(Logit(), NAMED, lambda v, u: (ordered(v, u) - 1).clamp(max=2), ("x",)),
    "threshold on names": fitted(
        Logit(Threshold), NAMED, lambda v, u: (ordered(v, u) - 1).clamp(max=2), ("x",)
    ),
    "Gumbel-max table": fitted(
        Frequencies(GumbelMax), BINARY, lambda v, u: (v["c"] > u) * 1.0, ("s", "c")
    ),
    "root of names": frequencies({"a": 0.2, "b": 0.5, "c": 0.3}),
    "table": table(
        ["s", "c"],
        {(s, c): [0.1 + 0.3 * s, 0.9 - 0.3 * s] for s in (0, 1) for c in ("a", "b", "c")},
        levels=[0, 1],
        domains=[BINARY, NAMED],
    ),
    "set": Held(linear({"x": 1.0}), torch.tensor(2.0, dtype=torch.float64)),
    "shifted": Shifted(linear({"x": 1.0}), "y", torch.tensor(5.0, dtype=torch.float64)),
}
EVERY = pytest.mark.parametrize("name", MECHANISMS)
LAW = settings(max_examples=20, deadline=None)
STATISTICAL = settings(max_examples=10, deadline=None, derandomize=True)


@EVERY
def test_it_is_a_mechanism(name: str) -> None:
    found = MECHANISMS[name]
    assert isinstance(found, Mechanism)
    assert "y" in found.describe("y")
    assert set(found.parents) <= set(PARENTS)


@EVERY
@LAW
@given(seed=st.integers(0, 2**31))
def test_produce_of_abduct_is_the_value(name: str, seed: int) -> None:
    found = MECHANISMS[name]
    values, generator = parents(seed), stream(seed)
    noise = draw(found.noise, (UNITS,), generator)
    value = found.produce(values, noise).expand(UNITS)
    recovered = found.abduct(values, value, generator)
    assert bool(found.noise.support.check(recovered).all())
    again = found.produce(values, recovered).expand(UNITS)
    torch.testing.assert_close(again, value, rtol=1e-12, atol=1e-12)
    if found.coupling.exact:
        torch.testing.assert_close(recovered, noise, rtol=1e-9, atol=1e-9)


@EVERY
@LAW
@given(seed=st.integers(0, 2**31))
def test_abduct_broadcasts_over_draws(name: str, seed: int) -> None:
    found = MECHANISMS[name]
    values, generator = parents(seed), stream(seed)
    value = found.produce(values, draw(found.noise, (UNITS,), generator)).expand(7, UNITS)
    recovered = found.abduct(values, value, generator)
    assert recovered.shape == (7, UNITS, *found.noise.event_shape)
    assert bool((found.produce(values, recovered) - value).abs().max() < 1e-9)


@EVERY
def test_given_integrates_to_one(name: str) -> None:
    """Over the levels by a sum, over numbers by the trapezium rule within ±12 deviations."""
    found = MECHANISMS[name]
    values = parents(5)
    if is_noiseless(found.noise):
        assert bool((found.given(values).log_prob(found.value) == 0).all())
        return
    given_values = found.given(values)
    if isinstance(found.domain, Counts):
        total = given_values.log_prob(torch.arange(2000.0).double().unsqueeze(1)).exp().sum(dim=0)
    elif isinstance(found.domain, Levels):
        total = sum(given_values.log_prob(point).exp() for point in found.domain.points)
    else:
        scale = float(found.noise.stddev)
        centre = found.produce(values, torch.zeros((), dtype=torch.float64)).expand(UNITS)
        steps = torch.linspace(-12 * scale, 12 * scale, 4001, dtype=torch.float64).unsqueeze(1)
        total = torch.trapezoid(given_values.log_prob(centre + steps).exp(), steps, dim=0)
    torch.testing.assert_close(total.expand(UNITS), torch.ones(UNITS).double(), rtol=1e-9, atol=0)


@EVERY
@STATISTICAL
@given(seed=st.integers(0, 2**31))
def test_produce_of_noise_has_the_distribution_that_given_says(name: str, seed: int) -> None:
    """The mean of the produced value, at fixed parents, within 4 standard errors."""
    found = MECHANISMS[name]
    n = 20_000
    values = {parent: column[:1].expand(n) for parent, column in parents(seed).items()}
    noise = draw(found.noise, (n,), stream(seed))
    value = found.produce(values, noise).expand(n)
    expected = found.given(values)
    if isinstance(found.domain, Levels):
        for point in found.domain.points:
            chance = float(expected.log_prob(point).exp().flatten()[0])
            error = (chance * (1 - chance) / n) ** 0.5
            assert abs(float((value == point).double().mean()) - chance) <= 4 * error
    elif is_noiseless(found.noise):
        assert bool((value == found.value).all())
    elif isinstance(found.domain, Counts):
        rate = float(expected.mean.flatten()[0])
        assert abs(float(value.mean()) - rate) < 4 * (rate / n) ** 0.5
        error = rate * ((2 + 1 / rate) / n) ** 0.5
        assert abs(float(value.var()) - rate) < 4 * error
    else:
        centre = float(found.produce(values, torch.zeros(n).double())[0])
        error = float(found.noise.stddev) / n**0.5
        assert abs(float(value.mean()) - centre) < 4 * error


@EVERY
@STATISTICAL
@given(seed=st.integers(0, 2**31))
def test_noise_abducted_from_drawn_values_follows_its_prior(name: str, seed: int) -> None:
    found = MECHANISMS[name]
    if is_noiseless(found.noise):
        return
    n = 20_000
    values, generator = parents(seed, n), stream(seed)
    value = found.produce(values, draw(found.noise, (n,), generator)).expand(n)
    # A noise with one number a level follows its prior when each number does.
    base = getattr(found.noise, "base_dist", found.noise)
    uniforms = base.cdf(found.abduct(values, value, generator)).reshape(n, -1)
    # Kolmogorov's distance exceeds 2 / sqrt(n) with probability 0.0007.
    grid = torch.arange(1, n + 1, dtype=torch.float64).unsqueeze(1) / n
    assert float((uniforms.sort(dim=0).values - grid).abs().max()) < 2 / n**0.5


def test_a_value_of_probability_zero_has_no_noise() -> None:
    coin = frequencies({"a": 1.0, "b": 0.0})
    generator = torch.Generator().manual_seed(1)
    assert bool(coin.abduct({}, torch.tensor([1.0]), generator).isnan().all())
    assert not bool(coin.abduct({}, torch.tensor([0.0]), generator).isnan().any())
