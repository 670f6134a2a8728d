"""The own noise of variables whose value and parents are known, in many draws at once.

Draws of one unit are spread evenly. Where a level is a threshold on a uniform noise, the noise
given the level is uniform on an interval; the d-th draw takes the place ``{d φ + s}`` of it, with
an irrational φ and a random s. Each draw by itself is uniform, while averages over the draws of a
unit come close to the integral over the noise: what Rao-Blackwellisation does in closed form, for
any question that is asked later.

References:
    Kronecker sequences: Niederreiter, *Random Number Generation and Quasi-Monte Carlo Methods*
    (1992), section 3.1; the random shift: Cranley and Patterson (1976).
"""

import math
from collections.abc import Mapping

import torch
from torch import Generator, Tensor

from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.block import Block, require_possible
from causalsim.scm.mechanism import Coupling, Mechanism, Values
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.noise import is_noiseless
from causalsim.seeds import Seed

_PRIMES = (5, 2, 3, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def own_noises(
    block: Block, known: Values, nodes: tuple[str, ...], shape: tuple[int, ...], seed: Seed
) -> dict[str, Tensor]:
    """Draws of the noise of each of these nodes given its value and its parents'.

    Args:
        block: The block.
        known: All its values.
        nodes: Whose noise is wanted.
        shape: Draws and units.
        seed: Root of the draws.

    Raises:
        ModelError: A value that no noise gives.
    """
    noises: dict[str, Tensor] = {}
    for at, node in enumerate(nodes):
        mechanism = block.mechanisms[node]
        value = known[node].expand(shape)
        stream = seed.child("own", node)
        noise = mechanism.abduct(known, value, stream.torch())
        bad = noise.isnan()
        if bool(bad.any()):
            # Event dimensions stand behind the units, draws before them.
            bad = bad.any(dim=-1) if mechanism.noise.event_shape else bad
            require_possible(block, (node,), ~bad.expand(shape).any(dim=0))
        if is_noiseless(mechanism.noise):
            continue
        noise = noise.expand(*shape, *mechanism.noise.event_shape)
        if mechanism.coupling is Coupling.THRESHOLD and shape[0] > 1:
            step = math.sqrt(_PRIMES[at % len(_PRIMES)])
            noise = _even(mechanism, known, value, noise, step, stream.child("even").torch())
        noises[node] = noise
    return noises


def shuffled(noises: Mapping[str, Tensor], seed: Seed) -> dict[str, Tensor]:
    """The draws of each unit in a random order, the same for all noises.

    Draws that are spread evenly come in an order; one of them by itself must be any.
    """
    first = next(iter(noises.values()), None)
    if first is None or first.shape[0] == 1:
        return dict(noises)
    order = torch.rand(first.shape[:2], generator=seed.child("shuffle").torch()).argsort(dim=0)
    found: dict[str, Tensor] = {}
    for node, noise in noises.items():
        index = order.reshape(*order.shape, *([1] * (noise.dim() - 2)))
        found[node] = noise.gather(0, index.expand(noise.shape))
    return found


def _even(
    mechanism: Mechanism,
    known: Values,
    value: Tensor,
    noise: Tensor,
    step: float,
    generator: Generator,
) -> Tensor:
    """The uniform noises behind levels, spread evenly over the draws."""
    given = mechanism.given(known)
    if not isinstance(given, LevelDistribution):
        return noise
    edges = given.probabilities.cumsum(dim=-1).clamp(max=1.0)
    edges = torch.nn.functional.pad(edges, (1, 0)).expand(*value.shape, -1)
    codes = torch.searchsorted(given.points, value.contiguous()).clamp(max=len(given.points) - 1)
    low = edges.gather(-1, codes.unsqueeze(-1)).squeeze(-1)
    high = edges.gather(-1, codes.unsqueeze(-1) + 1).squeeze(-1)
    shift = torch.rand(value.shape[1:], generator=generator, dtype=DTYPE)
    count = torch.arange(len(value), dtype=DTYPE).reshape(-1, *([1] * (value.dim() - 1)))
    place = torch.remainder(count * step + shift, 1.0)
    placed = low + (high - low) * place
    # At the very edge rounding may lead to the next level: there the first draw stays.
    return torch.where(mechanism.produce(known, placed) == value, placed, noise)
