"""Weighted particles for what is hidden, exact noise for what is observed.

Only the hidden variables are guessed: from their prior, once a particle. Each observed variable
scores the guess by its density given its parents, so that its own noise is integrated out in closed
form, and that noise is then recovered given the guess: every kept particle reproduces the evidence
exactly. Draws are resampled particles.

Where the evidence is so sharp that few guesses carry the weight, the guesses are led to it step by
step (`causalsim.scm.engines.guesses.moving`); the result says so, and how much they are worth.

References:
    Karvanen, Tikka and Hyttinen, "Simulating counterfactuals" (2023), for solving the observed
    variables' own noise; Kong, Liu and Wong (1994) for the effective sample size; Gilks and
    Berzuini (2001) for resample-move.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.errors.inference import InferenceError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import Levels
from causalsim.scm.engines.block import Block, filled
from causalsim.scm.engines.engine import Inference, Inferred
from causalsim.scm.engines.guesses.moving import tempered
from causalsim.scm.engines.guesses.own_noise import own_noises, shuffled
from causalsim.scm.engines.guesses.weights import effective_size, normalised, resampled
from causalsim.scm.engines.problem.coordinates import Coordinates, coordinates_of
from causalsim.scm.engines.problem.density import log_density, log_evidence, without_points
from causalsim.scm.noise import is_noiseless
from causalsim.seeds import Seed

#: Numbers held at once: units are taken in parts so that particles x units stays below.
_AT_ONCE = 4_000_000
#: The effective share of the particles below which they are resampled and moved.
_LOW = 0.05
#: The effective sample size below which a result says that it is doubtful.
_FEWEST = 100.0


@dataclass(frozen=True, slots=True)
class Particles:
    """Guesses of what is hidden, weighted by the evidence: works for any mechanisms.

    Args:
        count: How many guesses a unit; more give a larger effective sample size, in proportion.
        moves: How many Metropolis steps follow each resampling, where guesses must be led to sharp
            evidence.

    Examples:
        >>> Particles(10_000)
        Particles(count=10000, moves=5)
    """

    count: int = 2_000
    moves: int = 5

    def __post_init__(self) -> None:
        """Check what was given."""
        for name in ("count", "moves"):
            found = getattr(self, name)
            if isinstance(found, bool) or not isinstance(found, int) or found < 1:
                raise ModelError.bad_size(name, found)

    def accepts(self, block: Block) -> str | None:
        """Why guesses cannot match the evidence; None if they can."""
        for node in block.seen:
            mechanism = block.mechanisms[node]
            if is_noiseless(mechanism.noise) and not isinstance(mechanism.domain, Levels):
                return f"{node!r} is determined by hidden variables, so no guess can match it"
        found = coordinates_of(block, block.latents)
        return found if isinstance(found, str) else None

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """Draws of the noises, each as likely as the evidence makes it.

        Raises:
            ModelError: No guess agrees with the evidence of some unit.
        """
        coordinates = coordinates_of(block, block.latents)
        assert isinstance(coordinates, Coordinates)
        step = max(1, _AT_ONCE // (max(self.count, draws) * max(coordinates.width, 1)))
        parts = [_weighed(self, part, coordinates, draws, seed) for part in block.parts(step)]
        noises = {
            node: torch.cat([part.noises[node] for part in parts], dim=1)
            for node in parts[0].noises
        }
        ess = torch.cat([part.ess for part in parts])
        moved = torch.cat([part.moved for part in parts])
        logs = torch.cat([part.log_evidence for part in parts])
        words = (
            f"{self.count} particles for ({', '.join(block.nodes)}), effective sample size "
            f"{float(ess.min()):.0f} or more"
        )
        if bool(moved.any()):
            words += f" (resampled and moved for {int(moved.sum())} of {len(moved)} units)"
        found = Inference(block.nodes, words, ess=ess, log_evidence=logs, doubts=self._doubts(ess))
        return Inferred(noises, found)

    def _doubts(self, ess: Tensor) -> tuple[str, ...]:
        """What to say where the particles are worth little."""
        low = int((ess < min(_FEWEST, self.count / 2)).sum())
        if not low:
            return ()
        least = float(ess.min())
        return (
            f"The particles of {low} unit(s) are worth only {least:.0f} or little more; "
            f"type by=Particles({self.count * 20}) or by=Laplace().",
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What was found for some of the units."""

    noises: dict[str, Tensor]
    ess: Tensor
    log_evidence: Tensor
    moved: Tensor


def _weighed(
    by: Particles, block: Block, coordinates: Coordinates, draws: int, seed: Seed
) -> _Part:
    """Guess, weigh, and draw, for a part of the units."""
    stream = seed.child("particles", *block.nodes, str(block.first))
    z = coordinates.spread(by.count, block.units, stream.child("guesses").torch())
    logs = _scored(block, coordinates, z)
    weights, log_mean = normalised(logs)
    _require_some(block, coordinates, z, logs, by.count)
    ess = effective_size(weights)
    chosen = resampled(weights, draws, stream.child("resample").torch())
    kept = _picked(z, chosen)
    low = ess < _LOW * by.count
    if bool(low.any()):
        index = torch.nonzero(low).squeeze(-1)
        sharp = block.chosen(index)
        generator = stream.child("moves").torch()
        found = tempered(
            z[:, index],
            lambda at, units: _scored(sharp.chosen(units), coordinates, at),
            coordinates.log_prior,
            by.moves,
            generator,
        )
        even = torch.full((by.count, len(index)), 1.0 / by.count, dtype=torch.float64)
        kept[:, index] = _picked(found.z, resampled(even, draws, generator))
        ess[index], log_mean[index] = found.ess, found.log_evidence
    known = filled(block, coordinates.noises(kept))
    noises = own_noises(block, known, block.seen, (draws, block.units), stream)
    noises.update(coordinates.noises(kept))
    return _Part(shuffled(noises, stream), ess, without_points(log_mean), low)


def _scored(block: Block, coordinates: Coordinates, z: Tensor) -> Tensor:
    """The log density of the evidence at guesses of shape (guesses, units, width)."""
    logs = log_evidence(block, filled(block, coordinates.noises(z)))
    return logs.expand(z.shape[:-1])


def _picked(z: Tensor, chosen: Tensor) -> Tensor:
    """The guesses chosen for each unit."""
    return z.gather(0, chosen.unsqueeze(-1).expand(*chosen.shape, z.shape[-1]))


def _require_some(
    block: Block, coordinates: Coordinates, z: Tensor, logs: Tensor, count: int
) -> None:
    """Refuse units for which no guess has any probability, naming what no guess agrees with."""
    lost = ~(logs > -torch.inf).any(dim=0)
    if not bool(lost.any()):
        return
    first = int(torch.nonzero(lost)[0])
    one = block.chosen(torch.tensor([first]))
    known = filled(one, coordinates.noises(z[:, first : first + 1]))
    scores = {n: log_density(one.mechanisms[n], known, one.values[n]) for n in one.seen}
    blamed = [node for node, score in scores.items() if not bool((score > -torch.inf).any())]
    raise InferenceError.no_guess(
        blamed or list(one.seen), count, int(lost.sum()), block.first + first
    )
