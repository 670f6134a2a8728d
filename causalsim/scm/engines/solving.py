"""Guesses of some hidden noises, and the others solved for: evidence without noise of its own.

An observed number that follows from hidden ones, ``a = f(h)``, is hit by no guess. One hidden noise
a number is therefore solved for, every root of it, and the guesses are weighted by the density
``p(u) / |f'(u)|`` that the roots have (`causalsim.scm.engines.problem.determined`).

References:
    Karvanen, Tikka and Hyttinen, "Simulating counterfactuals" (2023).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.errors.inference import InferenceError
from causalsim.errors.model import ModelError
from causalsim.scm.engines.block import Block, filled
from causalsim.scm.engines.engine import Inference, Inferred
from causalsim.scm.engines.guesses.own_noise import own_noises, shuffled
from causalsim.scm.engines.guesses.weights import effective_size, normalised, resampled
from causalsim.scm.engines.problem.coordinates import Coordinates, coordinates_of
from causalsim.scm.engines.problem.density import log_density, without_points
from causalsim.scm.engines.problem.determined import Pivot, pivots, solved
from causalsim.seeds import Seed

#: Guesses at once; each is solved on a grid of a thousand noises.
_AT_ONCE = 100_000
_FEWEST = 100.0


@dataclass(frozen=True, slots=True)
class Solving:
    """Guesses for evidence that hidden variables determine: some noises guessed, some solved for.

    Applies where an observed number has no noise of its own and hidden causes. Slower than
    `Particles`, since each guess is solved for. Roots closer together than a thousandth of the
    noise's probability are not told apart.

    Args:
        count: How many guesses a unit.

    Examples:
        >>> Solving()
        Solving(count=500)
    """

    count: int = 500

    def __post_init__(self) -> None:
        """Check what was given."""
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            raise ModelError.bad_size("count", self.count)

    def accepts(self, block: Block) -> str | None:
        """Why nothing can be solved for; None if something can."""
        found = pivots(block)
        if isinstance(found, str):
            return found
        if not found:
            return "no observed number is determined by hidden variables"
        coordinates = _guessed(block, found)
        return coordinates if isinstance(coordinates, str) else None

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """Draws of the noises, each as likely as the evidence makes it.

        Raises:
            ModelError: No guess agrees with the evidence of some unit.
        """
        found = pivots(block)
        assert not isinstance(found, str)
        parts = [
            _part(self, part, found, draws, seed)
            for part in block.parts(max(1, _AT_ONCE // self.count))
        ]
        noises = {n: torch.cat([part[0][n] for part in parts], dim=1) for n in parts[0][0]}
        ess = torch.cat([part[1] for part in parts])
        what = ", ".join(f"{pivot.latent} from {pivot.node}" for pivot in found)
        words = (
            f"{self.count} guesses for ({', '.join(block.nodes)}), solved for {what}, effective "
            f"sample size {float(ess.min()):.0f} or more"
        )
        low = int((ess < min(_FEWEST, self.count / 2)).sum())
        doubt = (
            f"The guesses of {low} unit(s) are worth only {float(ess.min()):.0f} or little more; "
            f"type by=Solving({self.count * 20})."
        )
        told = Inference(
            block.nodes,
            words,
            ess=ess,
            log_evidence=torch.cat([part[2] for part in parts]),
            doubts=(doubt,) if low else (),
        )
        return Inferred(noises, told)


def _guessed(block: Block, found: tuple[Pivot, ...]) -> Coordinates | str:
    """The coordinates of the hidden noises that are not solved for."""
    held = {pivot.latent for pivot in found}
    return coordinates_of(block, [node for node in block.latents if node not in held])


def _part(
    by: Solving, block: Block, found: tuple[Pivot, ...], draws: int, seed: Seed
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Noises, effective sample sizes and log evidence of a part of the units."""
    stream = seed.child("solving", *block.nodes, str(block.first))
    coordinates = _guessed(block, found)
    assert isinstance(coordinates, Coordinates)
    shape = (by.count, block.units)
    z = torch.zeros((*shape, 0), dtype=torch.float64)
    if coordinates.width:
        z = coordinates.spread(*shape, stream.child("guesses").torch())
    guesses = coordinates.noises(z) if coordinates.width else {}
    # Without a guess there are still several roots to choose from.
    start = guesses or {found[0].latent: torch.zeros(shape, dtype=torch.float64)}
    noises, logs = solved(block, start, found, stream.child("roots"))
    known = filled(block, noises)
    determined = {pivot.node for pivot in found}
    scored = tuple(node for node in block.seen if node not in determined)
    for node in scored:
        logs = logs + log_density(block.mechanisms[node], known, block.values[node])
    lost = ~(logs > -torch.inf).any(dim=0)
    if bool(lost.any()):
        first = block.first + int(torch.nonzero(lost)[0])
        raise InferenceError.no_guess(block.seen, by.count, int(lost.sum()), first)
    weights, log_mean = normalised(logs)
    chosen = resampled(weights, draws, stream.child("resample").torch())
    kept = {node: noise.gather(0, chosen) for node, noise in noises.items()}
    known = filled(block, kept)
    kept |= own_noises(block, known, scored, (draws, block.units), stream)
    return shuffled(kept, stream), effective_size(weights), without_points(log_mean)
