"""Laws of single mechanisms, looped over every family: given, abduct and produce fit together."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.distributions import Distribution, constraints

from causalsim.scm.domain import Counts, Levels
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms import frequencies
from causalsim.scm.mechanisms.continuous.censored import Censored
from causalsim.scm.noise import draw, is_noiseless
from causalsim.seeds import Seed
from tests.oracles.mechanisms import PARENTS, every_mechanism, parents

UNITS = 40
MECHANISMS = every_mechanism()
NOISY = [name for name, found in MECHANISMS.items() if not is_noiseless(found.noise)]
INVERTIBLE = [name for name in NOISY if MECHANISMS[name].coupling.exact]
#: Their densities have jumps, poles or point masses; tests/unit/scm/test_inverse.py checks them.
UNEVEN = {f"equation: {name}" for name in ("of a gamma", "held at zero", "folded", "wavy")}
UNEVEN.add("equation: a few noises")
EVERY = pytest.mark.parametrize("name", MECHANISMS)
LAW = settings(max_examples=8, deadline=None)
STATISTICAL = settings(max_examples=3, deadline=None, derandomize=True)


def stream(seed: int) -> torch.Generator:
    """Random numbers that are independent of the parents'."""
    return Seed(seed).child("noise").torch()


def produced(found: Mechanism, values: Values, units: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noises from the prior and their values."""
    noise = draw(found.noise, (units,), stream(seed))
    return noise, found.produce(values, noise).expand(units)


def sampled(distribution: Distribution, shape: tuple[int, ...], seed: int) -> Tensor:
    """Draws by the distribution's own method."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return distribution.expand(torch.Size(shape)).sample().double()


def size(name: str) -> int:
    """How many draws: fewer where each is solved for."""
    return 4_000 if name.startswith("equation") else 20_000


def apart(one: Tensor, other: Tensor) -> float:
    """Kolmogorov and Smirnov's distance of two samples of one size, in units that exceed 2.4 with
    probability 0.00002 (less where values repeat)."""
    points = torch.cat([one, other]).sort().values
    cumulative = [
        torch.searchsorted(sample.sort().values, points, right=True).double() / len(sample)
        for sample in (one, other)
    ]
    distance = float((cumulative[0] - cumulative[1]).abs().max())
    return distance * (len(one) / 2) ** 0.5


@EVERY
def test_it_is_a_mechanism(name: str) -> None:
    found = MECHANISMS[name]
    assert isinstance(found, Mechanism)
    described = found.describe("y")
    assert described.startswith("y ")
    assert not any(flaw in described for flaw in ("\n", "object at", "tensor("))
    assert set(found.parents) <= set(PARENTS)
    assert all(parent in described for parent in found.parents)


@EVERY
@LAW
@given(seed=st.integers(0, 2**31))
def test_produce_of_abduct_is_the_value(name: str, seed: int) -> None:
    found, values = MECHANISMS[name], parents(seed, UNITS)
    noise, value = produced(found, values, UNITS, seed)
    recovered = found.abduct(values, value, stream(seed + 1))
    assert bool(found.noise.support.check(recovered).all())
    again = found.produce(values, recovered).expand(UNITS)
    torch.testing.assert_close(again, value, rtol=1e-12, atol=1e-12)
    if found.coupling.exact:
        torch.testing.assert_close(recovered.expand(noise.shape), noise, rtol=1e-9, atol=1e-9)


@EVERY
@LAW
@given(seed=st.integers(0, 2**31))
def test_abduct_broadcasts_over_draws(name: str, seed: int) -> None:
    found, values = MECHANISMS[name], parents(seed, UNITS)
    value = produced(found, values, UNITS, seed)[1].expand(7, UNITS)
    recovered = found.abduct(values, value, stream(seed + 1))
    if not is_noiseless(found.noise):
        assert recovered.shape == (7, UNITS, *found.noise.event_shape)
    again = found.produce(values, recovered)
    torch.testing.assert_close(again.expand(value.shape), value, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", INVERTIBLE)
def test_given_is_the_prior_of_the_noise_with_the_jacobian(name: str) -> None:
    """``log p(x) + log |dx/du| = log p(u)``, the derivative being automatic."""
    found, values = MECHANISMS[name], parents(6, UNITS)
    noise = produced(found, values, UNITS, 6)[0].requires_grad_(True)
    with torch.enable_grad():
        value = found.produce(values, noise)
        (slope,) = torch.autograd.grad(value.sum(), noise)
    scored = found.given(values).log_prob(value.detach()) + slope.abs().log()
    prior = found.noise.log_prob(noise.detach())
    torch.testing.assert_close(scored, prior, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in NOISY if name not in UNEVEN])
def test_given_integrates_to_one(name: str) -> None:
    """Over levels and counts by a sum, over numbers by the trapezium rule in stretched steps."""
    found, units = MECHANISMS[name], 2 if name.startswith("equation") else UNITS
    values = parents(5, units)
    scored = found.given(values)
    if isinstance(found.domain, Counts):
        every = torch.arange(3000.0, dtype=torch.float64).unsqueeze(1)
        total = scored.log_prob(every).exp().sum(dim=0)
    elif isinstance(found.domain, Levels):
        total = sum(scored.log_prob(point).exp() for point in found.domain.points)
    else:
        total = _integral(found, scored, produced(found, values, units, 5)[1])
    torch.testing.assert_close(total.expand(units), torch.ones(units).double(), rtol=1e-6, atol=0)


def _integral(found: Mechanism, scored: Distribution, typical: Tensor) -> Tensor:
    """The mass of a distribution over numbers."""
    steps = torch.linspace(-14.0, 14.0, 28_001, dtype=torch.float64).unsqueeze(1)
    if isinstance(found, Censored):
        low, high = max(found.low, -30.0), min(found.high, 30.0)
        points = torch.linspace(low, high, 28_001, dtype=torch.float64).unsqueeze(1)
        inside = torch.trapezoid(scored.log_prob(points[1:-1]).exp(), points[1:-1], dim=0)
        ends = [scored.log_prob(torch.tensor(end).double()).exp() for end in (low, high)]
        # Beyond the two outer points of the rule there is one step of density at each end.
        edges = scored.log_prob(points[[1, -2]]).exp().sum(dim=0) * (points[1] - points[0])
        return inside + edges + sum(ends)
    if positive(scored):
        points = 2.0 * (2.0 * steps).exp()
    else:
        points = typical.median() + typical.std() * steps.sinh()
    return torch.trapezoid(scored.log_prob(points).exp(), points, dim=0)


def positive(scored: Distribution) -> bool:
    """Whether a distribution, or what it was stretched from, lives on positive numbers."""
    ends = (constraints.positive, constraints.nonnegative)
    return scored.support in ends or getattr(scored, "base_dist", scored).support in ends


@EVERY
@STATISTICAL
@given(seed=st.integers(0, 2**31))
def test_produce_of_noise_has_the_distribution_that_given_says(name: str, seed: int) -> None:
    found, n = MECHANISMS[name], size(name)
    values = {parent: column[:1].expand(n) for parent, column in parents(seed, 1).items()}
    value = produced(found, values, n, seed)[1]
    assert apart(value, sampled(found.given(values), (n,), seed % 1000)) < 2.4


@pytest.mark.parametrize("name", NOISY)
@STATISTICAL
@given(seed=st.integers(0, 2**31))
def test_noise_abducted_from_drawn_values_follows_its_prior(name: str, seed: int) -> None:
    found, n = MECHANISMS[name], size(name)
    values = parents(seed, n)
    value = produced(found, values, n, seed)[1]
    recovered = found.abduct(values, value, stream(seed + 1)).reshape(n, -1)
    prior = draw(found.noise, (n,), stream(seed + 2)).reshape(n, -1)
    for component in range(recovered.shape[1]):
        assert apart(recovered[:, component], prior[:, component]) < 2.4


def test_a_value_of_probability_zero_has_no_noise() -> None:
    coin = frequencies({"a": 1.0, "b": 0.0})
    generator = torch.Generator().manual_seed(1)
    assert bool(coin.abduct({}, torch.tensor([1.0]), generator).isnan().all())
    assert not bool(coin.abduct({}, torch.tensor([0.0]), generator).isnan().any())


OUTSIDE = {
    "Gamma": -1.0,
    "log-linear": 0.0,
    "tobit from below": -0.5,
    "tobit from both sides": 2.0,
    "Poisson": 2.5,
    "negative binomial": -1.0,
    "proportional odds": 3.0,
    "deterministic": 1e6,
    "Exponential root": -1.0,
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_value_outside_the_support_has_no_noise(name: str) -> None:
    value = torch.full((UNITS,), OUTSIDE[name], dtype=torch.float64)
    noise = MECHANISMS[name].abduct(parents(1, UNITS), value, stream(1))
    assert bool(noise.isnan().all())
