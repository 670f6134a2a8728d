"""What is done to a variable: each action replaces one mechanism by another.

`Set` and `Draw` cut the variable off from its causes. `Shift` and `Policy` may read what the
variable would have been by itself (its natural value), so its causes and its noise go on to
matter. All other mechanisms, and all noises, stay as they are: that is what makes a do.
"""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pyro.distributions.torch_distribution import TorchDistributionMixin
from torch import Tensor
from torch.distributions import Distribution

from causalsim.errors.model import ModelError
from causalsim.errors.worlds import InterventionWarning, WorldError
from causalsim.scm.domain import Domain, Levels, Real
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.borrowed import Borrowed, Passed, Rerouted
from causalsim.scm.mechanisms.imposed import Drawn, Held, Imposed, Shifted, Steered
from causalsim.scm.mechanisms.switched import LOT, Replaced, Switched, compatible
from causalsim.scm.mechanisms.written.equation import Exogenous
from causalsim.scm.noise import is_noiseless


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
        value = _read(node, self.value, natural.domain)
        if isinstance(natural, Exogenous) and natural.noise.support is not None:
            outside = ~natural.noise.support.check(value)  # type: ignore[no-untyped-call]
            if bool(outside.any()):
                InterventionWarning.outside(node, float(value[outside].flatten()[0]))
        return Held(natural, value)


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


@dataclass(frozen=True, slots=True, eq=False)
class From:
    """The variable is what it is in another world: a nested counterfactual.

    Args:
        world: The name of a world of the same question; the actual one needs a name too, as in
            ``worlds={"actual": {}, ...}``.

    Examples:
        The natural direct effect compares ``{"x": 0}`` with ``{"x": 1, "m": From("control")}``.

        >>> From("control")
        From(world='control')
    """

    world: str

    def impose(self, node: str, natural: Mechanism, domains: Mapping[str, Domain]) -> Imposed:
        """A mechanism that reads the other world."""
        if not isinstance(self.world, str) or not self.world:
            raise ModelError.bad_parameter("the world of From", self.world, "the name of a world")
        source = natural.source if isinstance(natural, Passed) else node
        return Borrowed(natural, source, self.world)


@dataclass(frozen=True, slots=True, eq=False)
class Imperfect:
    """The action takes with some probability; else the variable is what it naturally is.

    Which units it takes in is decided by one uniform noise a unit, the same in all worlds: whoever
    complies at a chance of 0.3 complies at 0.6 too.

    Args:
        chance: The probability that the action takes; one number, or one a unit.
        action: A value or an intervention, whose values are as in `Set`, `Shift`, `Policy`, `Draw`.

    Examples:
        >>> Imperfect(0.8, 1)
        Imperfect(chance=0.8, action=1)
    """

    chance: object
    action: object

    def impose(self, node: str, natural: Mechanism, domains: Mapping[str, Domain]) -> Imposed:
        """Both mechanisms, and the lot between them."""
        chance = _numbers(node, self.chance)
        if not bool(((chance >= 0) & (chance <= 1)).all()):
            raise ModelError.bad_parameter("the chance of Imperfect", self.chance, "from 0 to 1")
        inner = as_intervention(node, self.action)
        if isinstance(inner, Shift | Replace | Imperfect):
            raise WorldError.not_within("Imperfect", inner)
        imposed: Mechanism = inner.impose(node, natural, domains)
        extras: dict[str, Mechanism] = {f"{node}~lot": LOT}
        if isinstance(imposed, Drawn):
            extras[f"{node}~drawn"] = Exogenous(imposed.noise, shared=True)
            imposed = Passed(f"{node}~drawn", natural.domain)
        if not is_noiseless(imposed.noise):
            raise WorldError.not_within("Imperfect", inner)
        return Switched(natural, node, imposed, f"{node}~lot", chance, extras)


@dataclass(frozen=True, slots=True, eq=False)
class Replace:
    """The variable follows another equation.

    A unit keeps its noise where the new equation has the same noise distribution, so that
    counterfactuals carry over; else its noise is new.

    Args:
        mechanism: What takes the natural one's place; its values are the natural ones.

    Examples:
        >>> from causalsim.scm.mechanisms.continuous.additive import linear
        >>> stronger = Replace(linear({"x": 4.0}))
    """

    mechanism: Mechanism

    def impose(self, node: str, natural: Mechanism, domains: Mapping[str, Domain]) -> Imposed:
        """The other mechanism."""
        found = self.mechanism
        if isinstance(found, type) or not isinstance(found, Mechanism):
            raise ModelError.bad_action(node, found)
        for name in found.parents:
            if name not in domains:
                raise ModelError.unknown_node(name, domains)
        if not compatible(natural.domain, found.domain):
            raise WorldError.other_values(node, found.domain, natural.domain)
        return Replaced(natural, found)


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow, as a target: only this child sees the altered value of its parent.

    Args:
        parent: Where the arrow starts.
        child: Where it ends.

    Examples:
        >>> print(Edge("x", "y"))
        x -> y
    """

    parent: str
    child: str

    def __str__(self) -> str:
        """The arrow."""
        return f"{self.parent} -> {self.child}"


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


Target = str | Edge


def act(
    mechanisms: Mapping[str, Mechanism], actions: Mapping[Any, Any], hidden: frozenset[str]
) -> dict[str, Mechanism]:
    """The mechanisms after these actions; on each target the last do holds.

    Args:
        mechanisms: In causal order.
        actions: For each target (a variable or an `Edge`) an intervention or what
            `as_intervention` reads as one.
        hidden: Variables that cannot be acted on by name.

    Raises:
        ModelError: An unknown target, no target, or an action that its target does not allow.
    """
    if not isinstance(actions, Mapping):
        raise ModelError.bad_action("the model", actions)
    if not actions:
        raise ModelError.no_action()
    named = [node for node in mechanisms if node not in hidden]
    domains = {node: mechanisms[node].domain for node in named}
    replaced = dict(mechanisms)
    # Arrows first: what is then done to a variable may read its natural value.
    for target in sorted(actions, key=lambda one: not isinstance(one, Edge)):
        intervention = as_intervention(str(target), actions[target])
        if isinstance(target, Edge):
            _reroute(replaced, target, intervention, domains)
            continue
        if target not in domains:
            raise ModelError.unknown_node(target, named)
        _impose(replaced, target, intervention, natural(replaced[target]), domains)
    return replaced


def _impose(
    replaced: dict[str, Mechanism],
    node: str,
    intervention: Intervention,
    base: Mechanism,
    domains: Mapping[str, Domain],
) -> None:
    """Put an action in place, with the hidden roots that it brings."""
    for stale in [name for name in replaced if name.startswith(f"{node}~")]:
        del replaced[stale]
    imposed = intervention.impose(node, base, domains)
    replaced[node] = imposed
    replaced.update(getattr(imposed, "extras", {}))


def _reroute(
    replaced: dict[str, Mechanism],
    edge: Edge,
    intervention: Intervention,
    domains: Mapping[str, Domain],
) -> None:
    """Act on what one child sees of one parent."""
    for name in (edge.parent, edge.child):
        if name not in domains:
            raise ModelError.unknown_node(name, domains)
    found = replaced[edge.child]
    base = natural(found)
    inner, names = (base.inner, base.names) if isinstance(base, Rerouted) else (base, {})
    if edge.parent not in inner.parents:
        raise WorldError.no_arrow(edge.parent, edge.child, inner.parents)
    passed = Passed(edge.parent, domains[edge.parent])
    _impose(replaced, str(edge), intervention, passed, domains)
    routed = Rerouted(inner, {**names, edge.parent: str(edge)})
    acted = isinstance(found, Imposed)
    replaced[edge.child] = dataclasses.replace(found, natural=routed) if acted else routed  # type: ignore[type-var]


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
