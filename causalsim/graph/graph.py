"""What may cause what: an acyclic graph of arrows, hidden common causes and hidden nodes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import eq
from pathlib import Path
from typing import final

from causalsim.errors import GraphError
from causalsim.graph.core import Core, repeated
from causalsim.graph.notation.arrows import Sketch, causal_edges, parse_arrows, quote
from causalsim.graph.walk import ANCESTORS, DESCENDANTS, DISTRICT, Rules, walk

Names = str | Iterable[str]
Pair = tuple[str, str]
Position = tuple[float, float]


@final
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Graph:
    """An acyclic directed mixed graph: ``a -> b`` causes, ``a <-> b`` shares a hidden cause.

    Frozen and hashable. Nodes keep the order in which they were first named, and every answer
    keeps that order. Two graphs are equal when they have the same nodes, edges and latent nodes.

    Attributes:
        nodes: Every node, in the order of first mention.
        directed: The arrows, each as (cause, effect).
        bidirected: The pairs that share a cause nobody drew.
        latent: Nodes that are drawn but cannot be measured.
        exposures: Nodes that the notation marks as treatments; for drawing and round trips.
        outcomes: Nodes that the notation marks as outcomes.
        adjusted: Nodes that the notation marks as adjusted for.
        positions: Where the notation places nodes, as (node, (x, y)).
        core: The same graph on integers; see `causalsim.graph.core`.

    >>> graph = Graph("smoking -> tar -> cancer; smoking <-> cancer")
    >>> graph.parents("cancer"), graph.siblings("cancer")
    (('tar',), ('smoking',))
    >>> graph.ancestors("cancer")
    ('smoking', 'tar', 'cancer')

    References:
        Richardson, "Markov properties for acyclic directed mixed graphs" (2003).
    """

    nodes: tuple[str, ...]
    directed: tuple[Pair, ...]
    bidirected: tuple[Pair, ...]
    latent: tuple[str, ...]
    exposures: tuple[str, ...]
    outcomes: tuple[str, ...]
    adjusted: tuple[str, ...]
    positions: tuple[tuple[str, Position], ...]
    core: Core
    _index: dict[str, int]
    _hash: int

    def __init__(
        self,
        source: "str | Iterable[str | Pair] | Graph" = (),
        *,
        nodes: Iterable[str] = (),
        bidirected: Iterable[Pair] = (),
        latent: Names = (),
        exposures: Names = (),
        outcomes: Names = (),
        adjusted: Names = (),
        positions: Iterable[tuple[str, Position]] = (),
    ) -> None:
        """Make a graph from text or edges.

        Args:
            source: Text in the arrow notation, or edges: pairs ``(cause, effect)`` and texts; or a
                graph, to which the other arguments add.
            nodes: Nodes to name first, so that isolated ones exist and the order is chosen.
            bidirected: Further pairs that share a hidden cause.
            latent: Nodes that cannot be measured.
            exposures: Nodes drawn as treatments.
            outcomes: Nodes drawn as outcomes.
            adjusted: Nodes drawn as adjusted for.
            positions: Where nodes stand in a drawing, as (node, (x, y)).

        Raises:
            GraphError: a cycle, a self-loop, an edge written twice, an unknown or bad name,
                an edge that a causal graph cannot have (``--``, ``o->``), unreadable text.
        """
        sketch, arrows, shared = _read(source)
        shared += [(a, b) for a, b in bidirected]
        index = _numbered(chain(nodes, sketch.nodes))
        try:
            directed, both = _integers(index, arrows), _integers(index, shared)
        except (KeyError, TypeError):
            # Not every name came before the edges.
            index = _numbered(chain(index, chain.from_iterable((*arrows, *shared))))
            directed, both = _integers(index, arrows), _integers(index, shared)
        _refuse_duplicates(tuple(index), directed, both)
        core = Core.build(len(index), zip(*directed, strict=True), zip(*both, strict=True))
        put = object.__setattr__
        put(self, "nodes", tuple(index))
        put(self, "directed", tuple(arrows))
        put(self, "bidirected", tuple(shared))
        put(self, "core", core)
        put(self, "_index", index)
        put(self, "latent", self._marked("latent", sketch, latent))
        put(self, "exposures", self._marked("exposure", sketch, exposures))
        put(self, "outcomes", self._marked("outcome", sketch, outcomes))
        put(self, "adjusted", self._marked("adjusted", sketch, adjusted))
        put(self, "positions", self._placed(sketch, positions))
        put(self, "_hash", 0)
        if core.order() is None:
            raise GraphError.cycle(self.names(core.cycle()))

    @staticmethod
    def read(path: str | Path) -> "Graph":
        """The graph in a file, whose suffix says the notation: arrows, DAGitty, DOT or GML.

        Raises:
            GraphError: an unknown suffix, or text that is no causal graph (with line and column).
            OSError: the file cannot be read.
        """
        from causalsim.graph.notation.files import read

        return read(path)

    @property
    def observed(self) -> tuple[str, ...]:
        """The nodes that can be measured."""
        hidden = set(self.latent)
        return tuple(node for node in self.nodes if node not in hidden)

    def parents(self, node: str) -> tuple[str, ...]:
        """The direct causes of a node."""
        return self.names(self.core.parents[self.indices(node)[0]])

    def children(self, node: str) -> tuple[str, ...]:
        """The direct effects of a node."""
        return self.names(self.core.children[self.indices(node)[0]])

    def siblings(self, node: str) -> tuple[str, ...]:
        """The nodes that share a hidden cause (``<->``) with a node."""
        return self.names(self.core.siblings[self.indices(node)[0]])

    def ancestors(self, nodes: Names) -> tuple[str, ...]:
        """The nodes from which arrows lead to any of ``nodes``, those included."""
        return self._closure(ANCESTORS, nodes)

    def descendants(self, nodes: Names) -> tuple[str, ...]:
        """The nodes to which arrows lead from any of ``nodes``, those included."""
        return self._closure(DESCENDANTS, nodes)

    def district(self, node: str) -> tuple[str, ...]:
        """The nodes joined to a node by ``<->`` alone, itself included (its c-component)."""
        return self._closure(DISTRICT, node)

    def districts(self) -> tuple[tuple[str, ...], ...]:
        """The partition of the nodes into districts (c-components; Tian and Pearl 2002).

        >>> Graph("a -> b -> c; a <-> c").districts()
        (('a', 'c'), ('b',))
        """
        seen: set[str] = set()
        found: list[tuple[str, ...]] = []
        for node in self.nodes:
            if node not in seen:
                found.append(self.district(node))
                seen.update(found[-1])
        return tuple(found)

    def order(self) -> tuple[str, ...]:
        """The nodes, causes before effects (a topological order, always the same)."""
        order = self.core.order()
        assert order is not None  # checked when the graph was made
        return self.names(order)

    def indices(self, nodes: Names, role: str = "") -> list[int]:
        """The integers of nodes in `core`, each once; ``role`` is for a message that none came.

        Raises:
            GraphError: a name that the graph does not have; no name although ``role`` needs one.
        """
        try:
            names = (nodes,) if isinstance(nodes, str) else tuple(dict.fromkeys(nodes))
            found = [self._index[name] for name in names]
        except (KeyError, TypeError):
            raise self._unknown(nodes) from None
        if role and not found:
            raise GraphError.empty_set(role)
        return found

    def names(self, indices: Iterable[int]) -> tuple[str, ...]:
        """The names of integers of `core`."""
        nodes = self.nodes
        return tuple(nodes[index] for index in indices)

    def __len__(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)

    def __contains__(self, node: object) -> bool:
        """Whether the graph has this node."""
        return node in self._index

    def __iter__(self) -> Iterator[str]:
        """The nodes in order."""
        return iter(self.nodes)

    def __eq__(self, other: object) -> bool:
        """Same nodes, edges and latent nodes, in whatever order they were written."""
        return self is other or (
            isinstance(other, Graph)
            and len(self.nodes) == len(other.nodes)
            and self._identity() == other._identity()
        )

    def __hash__(self) -> int:
        """Consistent with equality; computed when first asked for."""
        if not self._hash:
            object.__setattr__(self, "_hash", hash(self._identity()) or 1)
        return self._hash

    def __str__(self) -> str:
        """The arrow notation, which reads back as an equal graph."""
        mentioned = {name for pair in (*self.directed, *self.bidirected) for name in pair}
        lines = [quote(node) for node in self.nodes if node not in mentioned]
        lines += [f"{quote(a)} -> {quote(b)}" for a, b in self.directed]
        lines += [f"{quote(a)} <-> {quote(b)}" for a, b in self.bidirected]
        lines += [f"{quote(node)} [latent]" for node in self.latent]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """The notation on one line, cut when it is long."""
        text = "; ".join(str(self).splitlines())
        return f"Graph({text if len(text) <= 200 else text[:199] + '…'!r})"

    def to_svg(self) -> str:
        """The picture as SVG text; `causalsim.graph.drawing.to_svg` takes roles and directions."""
        from causalsim.graph.drawing import to_svg

        return to_svg(self)

    def _repr_svg_(self) -> str:
        """The picture that notebooks show."""
        return self.to_svg()

    def _unknown(self, nodes: object) -> GraphError:
        """The error about nodes of which some are no names of this graph."""
        listed = nodes if isinstance(nodes, Iterable) and not isinstance(nodes, str) else (nodes,)
        known = set(self.nodes)
        missing = (name for name in listed if not isinstance(name, str) or name not in known)
        return GraphError.unknown_node(next(missing, nodes), self.nodes)

    def _closure(self, rules: Rules, nodes: Names) -> tuple[str, ...]:
        """The nodes a walk reaches, starts included, in the graph's order."""
        return self.names(walk(self.core, rules, self.indices(nodes)).nodes())

    def _identity(self) -> tuple[frozenset[object], ...]:
        """What makes two graphs equal."""
        return (
            frozenset(self.nodes),
            frozenset(self.directed),
            frozenset(frozenset(pair) for pair in self.bidirected),
            frozenset(self.latent),
        )

    def _marked(self, key: str, sketch: Sketch, given: Names) -> tuple[str, ...]:
        """The nodes in a role, whether the text or the caller gave it, in the graph's order."""
        written = [node for node, found in sketch.attributes.items() if key in found]
        named = [given] if isinstance(given, str) else list(given)
        return self.names(sorted(self.indices([*written, *named])))

    def _placed(
        self, sketch: Sketch, given: Iterable[tuple[str, Position]]
    ) -> tuple[tuple[str, Position], ...]:
        """Positions from the text's ``pos`` attributes and from the caller."""
        found: dict[str, Position] = {}
        for node, attributes in sketch.attributes.items():
            if "pos" in attributes:
                found[node] = _position(node, attributes["pos"])
        found.update(given)
        return tuple(
            (self.nodes[index], found[self.nodes[index]]) for index in sorted(self.indices(found))
        )


def causal_graph(found: object) -> Graph:
    """What was given as a causal graph.

    Raises:
        GraphError: it is none.
    """
    if not isinstance(found, Graph):
        raise GraphError.no_graph(found)
    return found


def _position(node: str, text: str) -> Position:
    """A position as the notation writes it."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise GraphError.bad_position(node, text) from None
    return (x, y)


def _read(source: str | Iterable[str | Pair] | Graph) -> tuple[Sketch, list[Pair], list[Pair]]:
    """What a text or a list of edges holds: nodes and attributes, arrows, bidirected pairs."""
    if isinstance(source, str):
        sketch = parse_arrows(source)
        return sketch, *causal_edges(sketch.edges)
    if isinstance(source, Graph):
        return _said(source), list(source.directed), list(source.bidirected)
    # What lists its nodes would lose its edges without a word, and a set has no order.
    unlisted = isinstance(source, set | frozenset) or hasattr(source, "edges")
    if unlisted or hasattr(source, "columns") or not isinstance(source, Iterable):
        raise GraphError.bad_source(source)
    items: list[object] = list(source)
    if isinstance(source, Mapping) and not all(isinstance(item, tuple) for item in items):
        raise GraphError.bad_source(source)
    sketch, arrows, shared = Sketch(), [], []
    for item in items:
        if isinstance(item, str):
            part, directed, both = _read(item)
            sketch.nodes.update(part.nodes)
            sketch.attributes.update(part.attributes)
            arrows += directed
            shared += both
        elif isinstance(item, tuple | list) and len(item) == 2:
            arrows.append(item if type(item) is tuple else (item[0], item[1]))
        else:
            raise GraphError.bad_edge(item)
    return sketch, arrows, shared


def _said(graph: Graph) -> Sketch:
    """The nodes of a graph and what is marked at them, as a text would say it."""
    sketch = Sketch(nodes=dict.fromkeys(graph.nodes))
    marked = zip(
        ("latent", "exposure", "outcome", "adjusted"),
        (graph.latent, graph.exposures, graph.outcomes, graph.adjusted),
        strict=True,
    )
    for key, nodes in marked:
        for node in nodes:
            sketch.attributes.setdefault(node, {})[key] = ""
    for node, (x, y) in graph.positions:
        sketch.attributes.setdefault(node, {})["pos"] = f"{x!r},{y!r}"
    return sketch


def _numbered(names: Iterable[str]) -> dict[str, int]:
    """Each name once, with its place."""
    try:
        found = dict.fromkeys(names)
    except TypeError:
        raise GraphError.bad_name("something unhashable") from None
    for name in found:
        if not isinstance(name, str) or not name:
            raise GraphError.bad_name(name)
    return dict(zip(found, range(len(found)), strict=True))


def _integers(index: dict[str, int], pairs: list[Pair]) -> tuple[list[int], list[int]]:
    """The first and the second nodes of pairs as integers."""
    flat = list(map(index.__getitem__, chain.from_iterable(pairs)))
    return flat[::2], flat[1::2]


def _refuse_duplicates(
    names: tuple[str, ...], arrows: tuple[list[int], list[int]], shared: tuple[list[int], list[int]]
) -> None:
    """Self-loops and edges written twice are errors."""
    for ends in (arrows, shared):
        if any(map(eq, *ends)):
            raise GraphError.self_loop(names[next(a for a, b in zip(*ends, strict=True) if a == b)])
    if twice := repeated(len(names), *arrows):
        one, other = (names[node] for node in twice)
        raise GraphError.duplicate_edge(f"{one} -> {other}")
    if twice := repeated(len(names), list(map(min, *shared)), list(map(max, *shared))):
        one, other = sorted(names[node] for node in twice)
        raise GraphError.duplicate_edge(f"{one} <-> {other}")
