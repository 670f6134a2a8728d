"""A model written as a book prints it: one equation a variable, parents by their names.

The noises of several equations may be one: a noise with a name of its own that two equations read
is a common cause that nobody measures, and the graph shows it as ``<->``. An equation may have
several noises: the one in which it is simplest is solved for, the others are hidden roots.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor
from torch.distributions import Distribution

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm.domain import Counts, Domain, Level, Levels, Real
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.written.equation import Equation, Exogenous, Shape
from causalsim.scm.mechanisms.written.probing import PROBES, easiest, shaped
from causalsim.scm.noise import NO_NOISE, draw, is_discrete, of_one_number
from causalsim.scm.worlds import causal_order
from causalsim.scm.writing.structure import shared_pairs
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True)
class Written:
    """One equation as it was read: its function, the variables it reads, and its noises.

    Args:
        function: The right side.
        reads: The variables and named noises among its arguments.
        own: The nameless noises: argument and distribution.
    """

    function: Callable[..., object]
    reads: tuple[str, ...]
    own: tuple[tuple[str, Distribution], ...]


@dataclass(frozen=True, slots=True)
class Own:
    """A noise that one equation alone reads.

    Args:
        argument: The argument that takes it.
        noise: Its distribution.
        root: Its name where it stands by itself, because the equation has another to solve for.
    """

    argument: str
    noise: Distribution
    root: str


def read_equations(
    equations: Mapping[str, object],
    noises: Mapping[str, Distribution],
    levels: Mapping[str, Sequence[Level]],
) -> tuple[Graph, dict[str, Mechanism]]:
    """The graph and the mechanisms that equations spell out.

    Args:
        equations: For each variable a Pyro distribution (a root), a mechanism, or a function whose
            arguments name variables and noises.
        noises: The noises that have names of their own.
        levels: The levels of variables whose function gives numbers that are levels.

    Returns:
        The graph of the variables, and the mechanisms: the shared noises first, as hidden roots.

    Raises:
        ModelError: Unknown names, a cycle, a function that fails on tensors.

    Examples:
        >>> from pyro.distributions import Normal
        >>> from causalsim.scm import SCM
        >>> model = SCM.from_equations({
        ...     "X": Normal(0.0, 1.0),
        ...     "H": lambda X, u=Normal(0.0, 1.0): 0.5 * X + u,
        ...     "Y": lambda X, H, u=Normal(0.0, 1.0): 0.7 * X + 0.4 * H + u,
        ... })
        >>> print(model.graph)
        X -> H
        X -> Y
        H -> Y
    """
    _require_names(equations, noises, levels)
    written = {
        node: _read(node, right, equations, noises)
        for node, right in equations.items()
        if not isinstance(right, Distribution | Mechanism)
    }
    readers = {name: [n for n, one in written.items() if name in one.reads] for name in noises}
    if unused := [name for name, found in readers.items() if not found]:
        raise ModelError.unused_noise(unused)
    own = _own_noises(written, readers, noises)
    roots = [one.root for found in own.values() for one in found]
    if both := [name for name in roots if name in equations]:
        raise ModelError.noise_and_variable(both)
    several = {node: found for node, found in own.items() if len(found) > 1}
    shared = {name: noises[name] for name, found in readers.items() if len(found) > 1}
    mechanisms = _hidden_roots(shared, several)
    for node, right in equations.items():
        if isinstance(right, Mechanism):
            mechanisms[node] = right
        elif isinstance(right, Distribution):
            mechanisms[node] = Exogenous(of_one_number(node, right), _domain_of(right))
        else:
            mechanisms[node] = _drafted(node, written[node], own[node])
    order = causal_order(mechanisms)
    mechanisms = _probed({name: mechanisms[name] for name in order}, levels, several)
    return _graph(equations, mechanisms), mechanisms


def _require_names(
    equations: Mapping[str, object],
    noises: Mapping[str, Distribution],
    levels: Mapping[str, Sequence[Level]],
) -> None:
    """Names that are in one place only, and levels of variables that exist."""
    if both := [name for name in noises if name in equations]:
        raise ModelError.noise_and_variable(both)
    for node in levels:
        if node not in equations:
            raise ModelError.unknown_node(node, equations)
    if not equations:
        raise ModelError.without_mechanism(["any variable"])


def _read(
    node: str,
    right: object,
    equations: Mapping[str, object],
    noises: Mapping[str, Distribution],
) -> Written:
    """A function's arguments, sorted into variables, its own noise, and constants."""
    if not callable(right) or isinstance(right, type):
        raise ModelError.bad_equation(node, right)
    try:
        parameters = inspect.signature(right).parameters.values()
    except (TypeError, ValueError):
        raise ModelError.bad_equation(node, right) from None
    reads: list[str] = []
    own: list[tuple[str, Distribution]] = []
    for parameter in parameters:
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ModelError.bad_equation(node, right)
        if isinstance(parameter.default, Distribution):
            own.append(
                (parameter.name, of_one_number(f"{parameter.name} of {node}", parameter.default))
            )
        elif parameter.default is inspect.Parameter.empty:
            if parameter.name not in equations and parameter.name not in noises:
                raise ModelError.unknown_node(parameter.name, [*equations, *noises])
            reads.append(parameter.name)
    return Written(right, tuple(reads), tuple(own))


def _own_noises(
    written: Mapping[str, Written],
    readers: Mapping[str, list[str]],
    noises: Mapping[str, Distribution],
) -> dict[str, list[Own]]:
    """The noises that each equation alone reads: nameless ones, then those with names."""
    found = {
        node: [Own(argument, noise, f"{node}.{argument}") for argument, noise in one.own]
        for node, one in written.items()
    }
    for name, nodes in readers.items():
        if len(nodes) == 1:
            found[nodes[0]].append(Own(name, of_one_number(name, noises[name]), name))
    return found


def _hidden_roots(
    shared: Mapping[str, Distribution], several: Mapping[str, Sequence[Own]]
) -> dict[str, Mechanism]:
    """The noises that stand by themselves: shared ones, and all of several noises."""
    own = {one.root: one.noise for found in several.values() for one in found}
    return {
        name: Exogenous(of_one_number(name, noise), _domain_of(noise), shared=True)
        for name, noise in {**shared, **own}.items()
    }


def _drafted(node: str, found: Written, own: Sequence[Own]) -> Equation:
    """An equation whose shape and domain are not known yet; all of several noises are parents."""
    named = {one.argument for one in own if one.root == one.argument}
    reads = tuple(name for name in found.reads if name not in named)
    draft = Equation(node, found.function, reads, "", NO_NOISE, Real(), Shape.CONSTANT, {})
    if len(own) == 1:
        return replace(draft, argument=own[0].argument, noise=own[0].noise)
    renamed = {one.root: one.argument for one in own if one.root != one.argument}
    return replace(draft, parents=(*reads, *(one.root for one in own)), renamed=renamed)


def _probed(
    mechanisms: Mapping[str, Mechanism],
    levels: Mapping[str, Sequence[Level]],
    choices: Mapping[str, Sequence[Own]],
) -> dict[str, Mechanism]:
    """The mechanisms after each function was tried on units drawn from the model itself."""
    values: dict[str, Tensor] = {}
    found: dict[str, Mechanism] = {}
    for node, mechanism in mechanisms.items():
        if isinstance(mechanism, Equation):
            draft = _naming(mechanism, found)
            readings = [_reading(draft, own) for own in choices.get(node, ())] or [draft]
            tried = [shaped(reading, values, levels.get(node)) for reading in readings]
            best = easiest(tried)
            mechanism = tried[best]
            if len(tried) > 1:
                del found[choices[node][best].root]
        found[node] = mechanism
        stream = Seed(0).child("probe", node).torch()
        noise = draw(mechanism.noise, (PROBES,), stream)
        values[node] = mechanism.produce(values, noise).expand(PROBES)
    return found


def _reading(draft: Equation, own: Own) -> Equation:
    """The draft with this one of its noises as the one that is solved for."""
    parents = tuple(name for name in draft.parents if name != own.root)
    renamed = {name: to for name, to in draft.renamed.items() if name != own.root}
    return replace(draft, parents=parents, argument=own.argument, noise=own.noise, renamed=renamed)


def _naming(draft: Equation, found: Mapping[str, Mechanism]) -> Equation:
    """The draft with the levels of its parents that have names."""
    domains = {name: found[name].domain for name in draft.parents}
    named = {
        name: domain
        for name, domain in domains.items()
        if isinstance(domain, Levels) and domain.named
    }
    return replace(draft, named=named)


def _domain_of(root: Distribution) -> Domain:
    """Levels for a distribution over finitely many numbers, counts for whole numbers from zero."""
    if root.has_enumerate_support:
        every = root.enumerate_support(expand=False).flatten()
        return Levels(tuple(int(level) for level in every.tolist()))
    return Counts() if is_discrete(root) else Real()


def _graph(
    equations: Mapping[str, object],
    mechanisms: Mapping[str, Mechanism],
) -> Graph:
    """Arrows between variables, and ``<->`` between readers of one noise."""
    nodes = list(equations)
    arrows = [
        (parent, node)
        for node in nodes
        for parent in mechanisms[node].parents
        if parent in equations
    ]
    return Graph(arrows, nodes=nodes, bidirected=shared_pairs(mechanisms, nodes))
