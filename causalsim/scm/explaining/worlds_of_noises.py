"""Many worlds at once, each with some of its noises, or mechanisms, taken from elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim.errors.explaining import ExplainingError
from causalsim.errors.model import ModelError
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.terms import Predictor, Slope
from causalsim.scm.noise import NOTHING, is_noiseless
from causalsim.scm.parallel.asking import Model, require_count

Array = NDArray[np.float64]
Mechanisms = Mapping[str, Mechanism]

#: Numbers held at once.
_AT_ONCE = 2_000_000
_FEWEST_DRAWS = 100
#: Parts of the draws, each left out once for the standard error (the jackknife).
PARTS = 10


def lineage(mechanisms: Mechanisms, target: str) -> dict[str, Mechanism]:
    """The target and all that influences it, in causal order."""
    needed = {target}
    for node in reversed(list(mechanisms)):
        if node in needed:
            needed.update(mechanisms[node].parents)
    return {node: found for node, found in mechanisms.items() if node in needed}


def require_target(model: Model, target: object, what: str = "the model") -> str:
    """The target's name.

    Raises:
        ExplainingError: No model.
        ModelError: No such variable, or one whose values are names.
    """
    if not hasattr(model, "mechanisms") or not hasattr(model, "graph"):
        raise ExplainingError.not_a_model(what, model)
    if not isinstance(target, str) or target not in model.graph.nodes:
        raise ModelError.unknown_node(target, model.graph.nodes)
    domain = model.mechanisms[target].domain
    if isinstance(domain, Levels) and domain.named:
        raise ModelError.names_have_no_mean(target, domain.levels)
    return target


def require_draws(draws: object) -> None:
    """Refuse what is no number of draws, or too few for standard errors.

    Raises:
        ModelError: No whole number.
        ExplainingError: Fewer than a hundred.
    """
    require_count("draws", draws)
    if isinstance(draws, int) and draws < _FEWEST_DRAWS:
        raise ExplainingError.few_draws(draws, _FEWEST_DRAWS)


def noisy(mechanisms: Mechanisms) -> tuple[str, ...]:
    """The variables with a noise."""
    return tuple(node for node, found in mechanisms.items() if not is_noiseless(found.noise))


def mixed(
    mechanisms: Mechanisms,
    target: str,
    inside: Values,
    outside: Values,
    coalitions: NDArray[np.bool_],
) -> Tensor:
    """The target where the noises of each coalition are those inside, and the others outside.

    Args:
        mechanisms: In causal order.
        target: What is wanted.
        inside: For each player its noise, of shape (draws,) or (1,) and the event.
        outside: The same.
        coalitions: Of shape (coalitions, players), the players as `noisy` has them.

    Returns:
        Of shape (coalitions, draws).
    """
    players = noisy(mechanisms)
    values: dict[str, Tensor] = {}
    draws = max(outside[player].shape[0] for player in players)
    for node, mechanism in mechanisms.items():
        noise = NOTHING
        if node in players:
            chosen = torch.from_numpy(coalitions[:, players.index(node)].copy())
            events = outside[node].dim() - 1
            chosen = chosen.reshape(-1, 1, *[1] * events)
            noise = torch.where(chosen, inside[node], outside[node])
        values[node] = mechanism.produce(values, noise)
    return values[target].expand(len(coalitions), draws)


def measured(
    world: Callable[[NDArray[np.bool_]], Tensor],
    measure: Callable[[Array, NDArray[np.intp]], Array],
    coalitions: NDArray[np.bool_],
    draws: int,
) -> Array:
    """A measure of the target for each coalition, from all draws and with each part left out.

    Args:
        world: The target for coalitions, of shape (coalitions, draws).
        measure: One number a coalition, from the target and the places of the draws it has.
        coalitions: Of shape (coalitions, players).
        draws: How many draws.

    Returns:
        Of shape (coalitions, 1 + PARTS): the first from all draws.
    """
    places = np.arange(draws)
    kept = [places, *(places[places % PARTS != part] for part in range(PARTS))]
    step = max(1, _AT_ONCE // draws)
    found = []
    for first in range(0, len(coalitions), step):
        with threads_for(min(step, len(coalitions)) * draws):
            values = np.asarray(world(coalitions[first : first + step]).numpy())
        found.append(np.stack([measure(values[:, some], some) for some in kept], axis=-1))
    return np.concatenate(found)


def jackknife(replicates: Array) -> Array:
    """The standard error from the estimates without each part, in the last axis."""
    apart = replicates - replicates.mean(axis=-1, keepdims=True)
    return np.asarray(np.sqrt((PARTS - 1) / PARTS * np.square(apart).sum(axis=-1)))


@dataclass(frozen=True, slots=True)
class Line:
    """A variable as a line in Normal noises: ``x = mean + Σ gain · (U - E U)``.

    Args:
        mean: Its mean.
        gains: What one unit of each noise adds.
        means: The mean of each noise.
        scales: The standard deviation of each noise.
    """

    mean: float
    gains: Mapping[str, float]
    means: Mapping[str, float]
    scales: Mapping[str, float]

    def variances(self) -> dict[str, float]:
        """What each noise adds to the variance."""
        return {node: (gain * self.scales[node]) ** 2 for node, gain in self.gains.items()}


def lines(mechanisms: Mechanisms) -> dict[str, Line] | None:
    """Every variable as a line in Normal noises; None where an equation is something else."""
    found: dict[str, Line] = {}
    for node, mechanism in mechanisms.items():
        slopes = slopes_of(mechanism)
        if slopes is None or not isinstance(mechanism, Additive):
            return None
        gains: dict[str, float] = {}
        means: dict[str, float] = {}
        scales: dict[str, float] = {}
        for parent, slope in slopes.items():
            for source, gain in found[parent].gains.items():
                gains[source] = gains.get(source, 0.0) + slope * gain
            means.update(found[parent].means)
            scales.update(found[parent].scales)
        gains[node] = 1.0
        means[node], scales[node] = float(mechanism.noise.mean), float(mechanism.noise.stddev)
        middle = {name: torch.tensor(found[name].mean, dtype=DTYPE) for name in slopes}
        found[node] = Line(
            float(mechanism.predictor(middle)) + means[node],
            {name: gains[name] for name in mechanisms if name in gains},
            means,
            scales,
        )
    return found


def slopes_of(mechanism: Mechanism) -> dict[str, float] | None:
    """The slope of each parent of a linear Gaussian mechanism; None for any other."""
    if not isinstance(mechanism, Additive) or not isinstance(mechanism.predictor, Predictor):
        return None
    if not isinstance(mechanism.noise, torch.distributions.Normal):
        return None
    slopes: dict[str, float] = {}
    for term, weight in zip(mechanism.predictor.terms, mechanism.predictor.weights, strict=True):
        if not isinstance(term, Slope) or weight.numel() != 1:
            return None
        slopes[term.parent] = slopes.get(term.parent, 0.0) + float(weight.reshape(()))
    return slopes


def names_of(players: Sequence[str], values: Array) -> dict[str, float]:
    """One number a player."""
    return {player: float(value) for player, value in zip(players, values, strict=True)}
