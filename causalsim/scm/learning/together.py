"""Many draws of a model's parameters as one model, the draws being a dimension of its values.

What has a closed form for one draw has it for all at once: the noise is what is left of the value
under each draw's own prediction, a tensor of shape (draws, units).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from causalsim import frames
from causalsim.scm.learning.learnt import Learnt
from causalsim.scm.learning.likelihoods.gaussian import LinearGaussian
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.terms import Prediction, Predictor, Slope
from causalsim.scm.model import SCM
from causalsim.scm.result import Counterfactual
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The predictions of many draws, of shape (draws, units).

    Args:
        each: One a draw, all of the same parents.
    """

    each: tuple[Prediction, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that all of them read."""
        return self.each[0].parents

    def __call__(self, values: Values) -> Tensor:
        """Each draw's prediction, from values that all draws share or from the draw's own."""
        rows = []
        for number, prediction in enumerate(self.each):
            here = {
                name: values[name][number if len(values[name]) > 1 else 0]
                if values[name].dim() == 2
                else values[name]
                for name in self.parents
            }
            rows.append(_row(prediction(here)))
        return torch.cat(rows)

    def __str__(self) -> str:
        """In a few words."""
        return f"{len(self.each)} draws of {self.each[0]}"


@dataclass(frozen=True, slots=True, eq=False)
class Predictors:
    """The same for sums of terms, in one product.

    Args:
        every: The predictor whose outputs are the draws.
    """

    every: Predictor

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that all of them read."""
        return self.every.parents

    def __call__(self, values: Values) -> Tensor:
        """Each draw's prediction, from values that all draws share or from the draw's own."""
        total = self.every.intercept.unsqueeze(1)
        for term, weight in zip(self.every.terms, self.every.weights, strict=True):
            value = values[term.parent]
            value = value if value.dim() else value.reshape(1)
            if isinstance(term, Slope):
                total = total + weight[0].unsqueeze(1) * value
            elif value.dim() == 1:
                total = total + (term.columns(value) @ weight).T
            else:
                total = total + torch.einsum("duw,wd->du", term.columns(value), weight)
        return total

    def __str__(self) -> str:
        """In a few words."""
        return f"{len(self.every.intercept)} draws of {self.every}"


def mechanisms_together(
    learnt: Mapping[str, Learnt], numbers: Sequence[int]
) -> tuple[dict[str, Mechanism], frozenset[str]]:
    """Mechanisms that hold many draws where they are additive; else the first draw's.

    Args:
        learnt: The draws of each mechanism's parameters.
        numbers: Which draws.

    Returns:
        The mechanisms; and the variables whose mechanism holds all draws.
    """
    found: dict[str, Mechanism] = {}
    held: set[str] = set()
    for node, drawn in learnt.items():
        part, parameters = drawn.part, drawn.parameters[list(numbers)]
        first = part.mechanism(parameters[0])
        found[node] = first
        if not isinstance(first, Additive):
            continue
        held.add(node)
        if isinstance(part, LinearGaussian):
            every = part.design.predictor(parameters[:, :-1].T)
            found[node] = replace(first, predictor=Predictors(every))
            continue
        each = [part.mechanism(row) for row in parameters]
        predictions = tuple(one.predictor for one in each if isinstance(one, Additive))
        found[node] = replace(first, predictor=Predictions(predictions))
    return found, frozenset(held)


def imagined_together(
    model: SCM,
    held: frozenset[str],
    frame: Any,  # noqa: ANN401
    do: Mapping[str, object],
    seed: Seed,
) -> Counterfactual | None:
    """The rows of a frame in another world, under all draws that the model holds.

    Args:
        model: A model of mechanisms that hold many draws.
        held: The variables whose mechanism does.
        frame: The evidence.
        do: What is done.
        seed: Root of the draws.

    Returns:
        Values of shape (draws, units); None where something that matters has no closed form, so
        that each draw needs noise of its own.
    """
    columns = frames.names(frame)
    if any(node not in columns or bool(frames.missing(frame, node).any()) for node in model.graph):
        return None
    world = model.counterfactual(frame, do=do, seed=seed)
    acted = set(do)
    closed = all(node in held or node in acted for node in world.draws_of)
    return world if closed and world.diagnostics.exact else None


def _row(value: Tensor) -> Tensor:
    """One draw's values, with a dimension for draws and one for units."""
    return value.reshape(1, -1)
