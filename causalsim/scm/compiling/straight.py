"""A counterfactual of complete rows as one function of tensors, without a branch or a check.

Noise and value of a variable that adds its noise need nothing but the function of its parents:
``u = x - f(pa)`` where it was seen, ``x' = f(pa') + u`` in the other world. Only what the targets
influence is touched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import constraints

from causalsim.errors.compiling import CompilingError
from causalsim.scm.imagining.counterfactual import Prepared
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.borrowed import Rerouted
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.imposed import Held, Shifted
from causalsim.scm.mechanisms.parts.terms import Prediction
from causalsim.scm.mechanisms.written.calling import with_names
from causalsim.scm.mechanisms.written.equation import Equation, Exogenous, Shape
from causalsim.scm.parallel.nodes import Node

#: What a variable is made from where its noise is only added; None without parents.
Middle = Callable[[Values], "Tensor | float"]


@dataclass(frozen=True, slots=True, eq=False)
class Straight:
    """One question of complete rows as a function of tensors.

    Args:
        reads: The observed nodes that it needs.
        gives: The nodes that it produces.
        bounded: The nodes whose noise has bounds that evidence may lie beyond.
        given: What is set or added by actions, by name.
        steps: The noises to be recovered, each with its middle.
        copies: The nodes to be produced, each with its middle and the name of its noise's owner.
    """

    reads: tuple[str, ...]
    gives: tuple[str, ...]
    bounded: tuple[str, ...]
    given: Mapping[str, Tensor]
    steps: tuple[tuple[str, Middle], ...]
    copies: tuple[tuple[Node, Middle, str], ...]

    def __call__(
        self, columns: Mapping[str, Tensor], given: Mapping[str, Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """What is produced, and the noises that have bounds."""
        values: dict[str, Tensor] = dict(columns)
        noises: dict[str, Tensor] = {}
        for name, middle in self.steps:
            noises[name] = columns[name] - middle(columns)
        for node, middle, owner in self.copies:
            if node.name in given and not owner:
                values[node.name] = given[node.name]
                continue
            seen = {name: values[parent] for name, parent in node.parents.items()}
            made = torch.as_tensor(middle(seen))
            made = made + noises[owner] if owner else made
            values[node.name] = made + given[node.name] if node.name in given else made
        return [values[name] for name in self.gives], [noises[name] for name in self.bounded]


def straightened(ready: Prepared) -> Straight:
    """The straight-line form of a question.

    Raises:
        CompilingError: Noise is left to infer, or a mechanism does more than to add its noise.
    """
    found, joint = ready.found, ready.joint
    if not ready.exact or found.settled or found.hidden:
        left = (*found.free, *(name for block in found.blocks for name in block), *found.hidden)
        drawn = [n for n in found.inverted if not joint.mechanisms[n].coupling.exact]
        names = ", ".join(dict.fromkeys((*left, *found.settled, *drawn))) or "new noise"
        raise CompilingError.not_complete(f"that of ({names})")
    steps = []
    for name in found.inverted:
        mechanism = joint.mechanisms[name]
        if mechanism.coupling.value == "no noise":
            raise CompilingError.not_straight(name, "has no noise that evidence could not miss")
        steps.append((name, _middle(name, mechanism)))
    copies, given = [], dict[str, Tensor]()
    for node in ready.copies:
        if isinstance(node.mechanism, Held):
            given[node.name] = node.mechanism.value
        elif isinstance(node.mechanism, Shifted):
            given[node.name] = node.mechanism.amount
        owner = joint.sources[node.noise] if node.noise else ""
        copies.append((node, _middle(node.variable, node.mechanism), owner))
    gives = dict.fromkeys(name for places in ready.asked.values() for name in places.values())
    bounded = [name for name, _ in steps if _has_bounds(joint.mechanisms[name])]
    return Straight(found.read, tuple(gives), tuple(bounded), given, tuple(steps), tuple(copies))


def _has_bounds(mechanism: Mechanism) -> bool:
    """Whether a noise may lie outside of its support."""
    return not isinstance(mechanism, Additive) and (mechanism.noise.support is not constraints.real)


def _middle(node: str, mechanism: Mechanism) -> Middle:
    """What stands beside the noise in ``x = f(pa) + u``.

    Raises:
        CompilingError: The mechanism is of another form.
    """
    if isinstance(mechanism, Rerouted):
        inner, names = _middle(node, mechanism.inner), dict(mechanism.names)
        reads = mechanism.inner.parents
        return lambda values: inner({name: values[names.get(name, name)] for name in reads})
    if isinstance(mechanism, Shifted):
        return _middle(node, mechanism.natural)
    if isinstance(mechanism, Additive):
        predictor: Prediction = mechanism.predictor
        return predictor
    if isinstance(mechanism, Held | Exogenous):
        return lambda _: 0.0
    if isinstance(mechanism, Equation) and (mechanism.adds or mechanism.shape is Shape.CONSTANT):
        return _function(mechanism)
    raise CompilingError.not_straight(node, f"is {type(mechanism).__name__}")


def _function(equation: Equation) -> Middle:
    """A user's function at noise zero."""

    def middle(values: Values) -> "Tensor | float":
        arguments = {equation.renamed.get(name, name): values[name] for name in equation.parents}
        shown: dict[str, object] = dict(with_names(arguments, equation.named))
        if equation.argument:
            shown[equation.argument] = 0.0
        return equation.function(**shown)  # type: ignore[return-value]

    return middle
