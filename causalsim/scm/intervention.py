"""What is done to a variable: each action replaces one mechanism by another.

`Set` and `Draw` cut the variable off from its causes. `Shift` and `Policy` may read what the
variable would have been by itself (its natural value), so its causes and its noise go on to
matter. All other mechanisms, and all noises, stay as they are: that is what makes a do.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pyro.distributions.torch_distribution import TorchDistributionMixin
from torch import Tensor
from torch.distributions import Distribution

from causalsim.errors.model import ModelError
from causalsim.scm.domain import Domain, Levels, Real
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.imposed import Drawn, Held, Imposed, Shifted, Steered


@runtime_checkable
class Intervention(Protocol):
    """One thing that can be done to one variable."""

    def impose(self, node: str, natural: Mechanism, domains: Mapping[str, Domain]) -> Imposed:
        """The mechanism that takes the natural one's place."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Set:
    """The variable is this value, whatever its causes: ``do(X = x)``.

    Args:
        value: One value for all units, or one a unit (an array or a column of a frame).

    Examples:
        >>> Set(20)
        Set(value=20)
    """

    value: object

    def impose(self, node: str, natural: Mechanism, domains: Mapping[str, Domain]) -> Imposed:
        """A mechanism without parents and without noise."""
        return Held(natural, _read(node, self.value, natural.domain))


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """The variable is what it would have been, plus an amount: ``do(X = x + amount)``.

    Args:
        amount: Added to the natural value; one number, or one a unit.

    Examples:
        >>> Shift(+5)
        Shift(amount=5)
    """

    amount: object

    def impose(self, node: str, natural: Mechanism, domains: Mapping[str, Domain]) -> Imposed:
        """The natural mechanism, and then the amount."""
        if isinstance(natural.domain, Levels) and natural.domain.named:
            raise ModelError.no_shift(node, natural.domain.levels)
        return Shifted(natural, node, _numbers(node, self.amount))


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """The variable is a function of other variables, and perhaps of its own natural value.

    Args:
        function: Its arguments name the variables that it reads; each is a tensor with one entry a
            unit (names of levels compare by ``==`` and ``.isin``). An argument with the name of
            the target is the target's natural value. Arguments with defaults are left alone.

    Examples:
        >>> halve_for_the_old = Policy(lambda dose, age: dose * (1.0 - 0.5 * (age > 65)))
        >>> halve_for_the_old.reads
        ('dose', 'age')
    """

    function: Callable[..., object]

    @property
    def reads(self) -> tuple[str, ...]:
        """The variables that the function's arguments name."""
        try:
            parameters = inspect.signature(self.function).parameters.values()
        except (TypeError, ValueError):
            raise ModelError.bad_policy(self.function) from None
        if any(parameter.kind in _UNNAMED for parameter in parameters):
            raise ModelError.bad_policy(self.function)
        return tuple(p.name for p in parameters if p.default is inspect.Parameter.empty)

    def impose(self, node: str, natural: Mechanism, domains: Mapping[str, Domain]) -> Imposed:
        """A mechanism that listens to what the function reads."""
        for name in self.reads:
            if name not in domains:
                raise ModelError.unknown_node(name, domains)
        return Steered(natural, node, self.function, {name: domains[name] for name in self.reads})


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """The variable is drawn at random, whatever its causes: a stochastic intervention.

    Args:
        distribution: A Pyro distribution of one unit's value, on the variable's own
            scale (for levels that are numbers: on those numbers).

    Examples:
        >>> import pyro.distributions as dist
        >>> fair_coin = Draw(dist.Bernoulli(0.5))
    """

    distribution: Distribution

    def impose(self, node: str, natural: Mechanism, domains: Mapping[str, Domain]) -> Imposed:
        """A root with this distribution, independent of the factual world."""
        found = self.distribution
        if not isinstance(found, TorchDistributionMixin) or found.batch_shape or found.event_shape:
            raise ModelError.bad_parameter(
                f"the draw of {node!r}", found, "a Pyro distribution of one number"
            )
        return Drawn(natural, node, found)


def as_intervention(node: str, action: object) -> Intervention:
    """What a user wrote in a do: an intervention, a function, a distribution, or a value.

    >>> as_intervention("dose", 20)
    Set(value=20)
    """
    if isinstance(action, Intervention) and not isinstance(action, type):
        return action
    if action is None or isinstance(action, Mapping | set | type):
        raise ModelError.bad_action(node, action)
    if isinstance(action, Distribution):
        return Draw(action)
    return Policy(action) if callable(action) else Set(action)


def act(
    mechanisms: Mapping[str, Mechanism], actions: Mapping[str, Any], hidden: frozenset[str]
) -> dict[str, Mechanism]:
    """The mechanisms after these actions; on each target the last do holds.

    Args:
        mechanisms: In causal order.
        actions: For each target an intervention or what `as_intervention` reads as one.
        hidden: Variables that cannot be acted on by name.

    Raises:
        ModelError: An unknown target, no target, or an action that its target does not allow.
    """
    if not actions:
        raise ModelError.no_action()
    named = [node for node in mechanisms if node not in hidden]
    domains = {node: mechanisms[node].domain for node in named}
    replaced = dict(mechanisms)
    for node, action in actions.items():
        if node not in domains:
            raise ModelError.unknown_node(node, named)
        intervention = as_intervention(node, action)
        replaced[node] = intervention.impose(node, natural(mechanisms[node]), domains)
    return replaced


def natural(mechanism: Mechanism) -> Mechanism:
    """The mechanism before anything was done to it."""
    return mechanism.natural if isinstance(mechanism, Imposed) else mechanism


_UNNAMED = (
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.VAR_KEYWORD,
    inspect.Parameter.POSITIONAL_ONLY,
)


def _read(node: str, value: object, domain: Domain) -> Tensor:
    """A value, or one a unit, as a tensor of at most one dimension."""
    encoded = domain.encode(node, value)
    if encoded.dim() > 1:
        raise ModelError.bad_action(node, value)
    return encoded


def _numbers(node: str, amount: object) -> Tensor:
    """An amount as a tensor."""
    return _read(node, amount, Real())
