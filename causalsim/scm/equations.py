"""A model written as a book prints it: one equation a variable, parents by their names.

The noises of several equations may be one: a noise with a name of its own that two equations read
is a common cause that nobody measures, and the graph shows it as ``<->``.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.distributions import Distribution

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm.domain import DTYPE, Domain, Level, Levels, Real
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.written.equation import (
    Equation,
    Exogenous,
    Shape,
    evaluate,
    with_names,
)
from causalsim.scm.noise import NO_NOISE, NOTHING, draw, of_one_number
from causalsim.scm.structure import shared_pairs
from causalsim.scm.worlds import causal_order
from causalsim.seeds import Seed

_PROBES = 64
_GRID = 129


@dataclass(frozen=True, slots=True)
class Written:
    """One equation as it was read: its function, the variables it reads, and its noise.

    Args:
        function: The right side.
        reads: The variables and shared noises among its arguments.
        argument: The argument that takes the noise of its own; empty if there is none.
        noise: The distribution of that noise.
    """

    function: Callable[..., object]
    reads: tuple[str, ...]
    argument: str
    noise: Distribution


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
    own = _own_noises(written, readers)
    shared = {name: noise for name, noise in noises.items() if name not in own.values()}
    mechanisms: dict[str, Mechanism] = {
        name: Exogenous(of_one_number(name, noise), shared=True) for name, noise in shared.items()
    }
    for node, right in equations.items():
        if isinstance(right, Mechanism):
            mechanisms[node] = right
        elif isinstance(right, Distribution):
            mechanisms[node] = Exogenous(of_one_number(node, right), _domain_of(right))
        else:
            mechanisms[node] = _drafted(node, written[node], own.get(node, ""), noises)
    order = causal_order(mechanisms)
    mechanisms = _probed({name: mechanisms[name] for name in order}, levels)
    return _graph(equations, mechanisms, readers), mechanisms


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
    if len(own) > 1:
        raise ModelError.several_noises(node, [name for name, _ in own])
    argument, noise = own[0] if own else ("", NO_NOISE)
    return Written(right, tuple(reads), argument, noise)


def _own_noises(written: Mapping[str, Written], readers: Mapping[str, list[str]]) -> dict[str, str]:
    """For equations without a noise of their own: the named noise that they alone read."""
    own: dict[str, str] = {}
    for name, found in readers.items():
        if len(found) == 1 and not written[found[0]].argument:
            own.setdefault(found[0], name)
    return own


def _drafted(node: str, found: Written, own: str, noises: Mapping[str, Distribution]) -> Equation:
    """An equation whose shape and domain are not known yet."""
    argument = found.argument or own
    noise = found.noise if found.argument else of_one_number(own, noises[own]) if own else NO_NOISE
    parents = tuple(name for name in found.reads if name != own)
    return Equation(node, found.function, parents, argument, noise, Real(), Shape.TANGLED, {})


def _probed(
    mechanisms: Mapping[str, Mechanism], levels: Mapping[str, Sequence[Level]]
) -> dict[str, Mechanism]:
    """The mechanisms after each function was tried on units drawn from the model itself."""
    values: dict[str, Tensor] = {}
    found: dict[str, Mechanism] = {}
    for node, mechanism in mechanisms.items():
        if isinstance(mechanism, Equation):
            mechanism = _shaped(_naming(mechanism, found), values, levels.get(node))
        found[node] = mechanism
        stream = Seed(0).child("probe", node).torch()
        noise = draw(mechanism.noise, (_PROBES,), stream)
        values[node] = mechanism.produce(values, noise).expand(_PROBES)
    return found


def _shaped(draft: Equation, values: Values, levels: Sequence[Level] | None) -> Equation:
    """An equation with the domain and the shape that its values on the probes show."""
    parents = {name: values[name] for name in draft.parents}
    domain: Domain = Real() if levels is None else Levels(tuple(levels))
    if not draft.argument:
        if levels is None and _is_truth(draft, dict(parents)):
            domain = Levels((False, True))
        return _finished(draft, domain, Shape.CONSTANT)
    grid = draw(draft.noise, (_GRID, 1), Seed(0).child("grid", draft.node).torch())
    arguments = {**parents, draft.argument: grid.sort(dim=0).values.expand(_GRID, _PROBES)}
    if levels is None and _is_truth(draft, arguments):
        domain = Levels((False, True))
    moved = evaluate(draft.node, draft.function, arguments, draft.named).expand(_GRID, _PROBES)
    return _finished(draft, domain, _shape_of(draft, parents, arguments[draft.argument], moved))


def _finished(draft: Equation, domain: Domain, shape: Shape) -> Equation:
    """The draft with its domain and shape."""
    return replace(draft, domain=domain, shape=shape)


def _naming(draft: Equation, found: Mapping[str, Mechanism]) -> Equation:
    """The draft with the levels of its parents that have names."""
    domains = {name: found[name].domain for name in draft.parents}
    named = {
        name: domain
        for name, domain in domains.items()
        if isinstance(domain, Levels) and domain.named
    }
    return replace(draft, named=named)


def _is_truth(draft: Equation, arguments: Mapping[str, Tensor]) -> bool:
    """Whether a function gives truth values."""
    try:
        found = draft.function(**with_names(arguments, draft.named))
    except Exception as error:
        raise ModelError.failed_equation(draft.node, error) from error
    return isinstance(found, Tensor) and found.dtype == torch.bool


def _shape_of(draft: Equation, parents: Values, noise: Tensor, moved: Tensor) -> Shape:
    """How the values on a grid of noises move, for every probe at once."""
    line = {draft.argument: NOTHING.expand(_PROBES), **parents}
    try:
        base = evaluate(draft.node, draft.function, line, draft.named)
        line[draft.argument] = line[draft.argument] + 1.0
        slope = evaluate(draft.node, draft.function, line, draft.named) - base
        if torch.allclose(moved, base + slope * noise, rtol=1e-9, atol=1e-9) and bool(
            (slope != 0).any()
        ):
            return Shape.AFFINE
    except ModelError:
        pass  # zero or one lies outside what the function can take: then it is not affine
    if not _has_quantiles(draft.noise):
        return Shape.TANGLED
    steps = moved.diff(dim=0)
    if bool((steps >= 0).all()) and bool((steps > 0).any()):
        return Shape.RISING
    if bool((steps <= 0).all()) and bool((steps < 0).any()):
        return Shape.FALLING
    return Shape.TANGLED


def _has_quantiles(noise: Distribution) -> bool:
    """Whether bisection can work on this noise."""
    try:
        noise.icdf(torch.tensor(0.5, dtype=DTYPE))
        noise.cdf(torch.zeros((), dtype=DTYPE) + noise.icdf(torch.tensor(0.5, dtype=DTYPE)))
    except NotImplementedError:
        return False
    return True


def _domain_of(root: Distribution) -> Domain:
    """Levels for a distribution over finitely many numbers, else all numbers."""
    if not root.has_enumerate_support:
        return Real()
    every = root.enumerate_support(expand=False).flatten()
    return Levels(tuple(int(level) for level in every.tolist()))


def _graph(
    equations: Mapping[str, object],
    mechanisms: Mapping[str, Mechanism],
    readers: Mapping[str, list[str]],
) -> Graph:
    """Arrows between variables, and ``<->`` between readers of one noise."""
    nodes = list(equations)
    arrows = [
        (parent, node)
        for node in nodes
        for parent in mechanisms[node].parents
        if parent not in readers
    ]
    return Graph(arrows, nodes=nodes, bidirected=shared_pairs(mechanisms, nodes))
