"""Graphs whose edges bear a mark at each end: what the kinds of equivalence class share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

from causalsim.errors.equivalence import EquivalenceError
from causalsim.errors.graph import GraphError
from causalsim.graph.core import Core
from causalsim.graph.graph import Graph
from causalsim.graph.notation.arrows import ARROW, CIRCLE, TAIL, ParsedEdge, parse_arrows, quote

Names = str | Iterable[str]
#: For each node its adjacent nodes, each with the mark at the *far* end: ``ends[a][b]`` is at b.
Ends = list[dict[int, str]]

_SIGNS = {
    (TAIL, ARROW): "->",
    (CIRCLE, ARROW): "o->",
    (ARROW, ARROW): "<->",
    (TAIL, TAIL): "--",
    (TAIL, CIRCLE): "-o",
    (CIRCLE, CIRCLE): "o-o",
}


class MarkedEdge(NamedTuple):
    """An edge with the mark at each of its ends: tail ``-``, arrow ``>`` or circle ``o``."""

    one: str
    other: str
    mark_one: str
    mark_other: str

    def __str__(self) -> str:
        """The arrow notation, with an arrow pointing right where there is one."""
        if (self.mark_one, self.mark_other) in _SIGNS:
            sign = _SIGNS[self.mark_one, self.mark_other]
            return f"{quote(self.one)} {sign} {quote(self.other)}"
        sign = _SIGNS[self.mark_other, self.mark_one]
        return f"{quote(self.other)} {sign} {quote(self.one)}"


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class MarkedGraph(ABC):
    """What CPDAG, MPDAG, MAG and PAG share: nodes in order, and at most one edge for each pair.

    Attributes:
        nodes: Every node, in the order of first mention.
        edges: The edges, each with its two marks; an arrow stands at the second end.
        ends: The same edges on integers: ``ends[a][b]`` is the mark at b. Never changed.
    """

    #: The edges this kind may have, as the notation writes them.
    signs: ClassVar[tuple[str, ...]] = ()

    nodes: tuple[str, ...]
    edges: tuple[MarkedEdge, ...]
    ends: Ends
    _index: dict[str, int]
    _hash: int

    def __init__(self, source: str | Iterable[object] = (), *, nodes: Iterable[str] = ()) -> None:
        """Make a class from text or edges.

        Args:
            source: Text in the arrow notation (``a -- b``, ``a o-> b``), or edges: such texts,
                pairs ``(cause, effect)``, or edges with their marks.
            nodes: Nodes to name first, so that isolated ones exist and the order is chosen.

        Raises:
            EquivalenceError: the edges form no class of this kind.
            GraphError: a cycle, a self-loop, a bad name, unreadable text.
        """
        names, found = _read(type(self).__name__, source, nodes)
        index = {name: number for number, name in enumerate(names)}
        ends: Ends = [{} for _ in index]
        for name_one, name_other, mark_one, mark_other in found:
            one, other = index[name_one], index[name_other]
            if one == other:
                raise GraphError.self_loop(name_one)
            if other in ends[one]:
                raise EquivalenceError.two_edges(name_one, name_other)
            ends[one][other] = mark_other
            ends[other][one] = mark_one
        self._put(tuple(index), ends)
        for edge in self.edges:
            if _SIGNS[edge.mark_one, edge.mark_other] not in self.signs:
                raise EquivalenceError.bad_mark(type(self).__name__, str(edge), self.signs)
        self._check()

    @classmethod
    def trusted(cls, nodes: tuple[str, ...], ends: Ends) -> Self:
        """The class on integers that an algorithm found; nothing is checked."""
        made = cls.__new__(cls)
        made._put(nodes, ends)
        return made

    @abstractmethod
    def _check(self) -> None:
        """Raise an error when no class of this kind has these edges."""

    def _put(self, nodes: tuple[str, ...], ends: Ends) -> None:
        """Set every field from the integers."""
        put = object.__setattr__
        put(self, "nodes", nodes)
        put(self, "ends", ends)
        put(self, "edges", tuple(_edges(nodes, ends)))
        put(self, "_index", {name: number for number, name in enumerate(nodes)})
        put(self, "_hash", hash((type(self).__name__, self._identity())))

    def parents(self, node: str) -> tuple[str, ...]:
        """The nodes from which an arrow ``->`` leads to a node."""
        return self._around(node, TAIL, ARROW)

    def children(self, node: str) -> tuple[str, ...]:
        """The nodes to which an arrow ``->`` leads from a node."""
        return self._around(node, ARROW, TAIL)

    def siblings(self, node: str) -> tuple[str, ...]:
        """The nodes joined to a node by ``<->``."""
        return self._around(node, ARROW, ARROW)

    def neighbours(self, node: str) -> tuple[str, ...]:
        """The nodes joined to a node by ``--``."""
        return self._around(node, TAIL, TAIL)

    def adjacent(self, node: str) -> tuple[str, ...]:
        """The nodes joined to a node by any edge."""
        return self.names(sorted(self.ends[self.indices(node)[0]]))

    def core(self) -> Core:
        """The edges without circles as the integer adjacency that every walk reads."""
        index = self._index
        kinds: dict[tuple[str, str], list[tuple[int, int]]] = {sign: [] for sign in _SIGNS}
        for one, other, mark_one, mark_other in self.edges:
            kinds[mark_one, mark_other].append((index[one], index[other]))
        return Core.build(len(self), kinds[TAIL, ARROW], kinds[ARROW, ARROW], kinds[TAIL, TAIL])

    def indices(self, nodes: Names, role: str = "") -> list[int]:
        """The integers of nodes, each once; ``role`` is for a message that none came.

        Raises:
            GraphError: a name that the class does not have; no name although ``role`` needs one.
        """
        try:
            names = (nodes,) if isinstance(nodes, str) else tuple(dict.fromkeys(nodes))
        except TypeError:  # not iterable, or not hashable: no name either way
            raise GraphError.unknown_node(nodes, self.nodes) from None
        missing = [name for name in names if name not in self._index]
        if missing:
            raise GraphError.unknown_node(missing[0], self.nodes)
        if role and not names:
            raise GraphError.empty_set(role)
        return [self._index[name] for name in names]

    def names(self, indices: Iterable[int]) -> tuple[str, ...]:
        """The names of integers."""
        nodes = self.nodes
        return tuple(nodes[index] for index in indices)

    def to_dict(self) -> dict[str, object]:
        """The class as plain values: its kind, nodes and edges; the constructor reads them."""
        return {
            "kind": type(self).__name__,
            "nodes": list(self.nodes),
            "edges": [str(edge) for edge in self.edges],
        }

    def __len__(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)

    def __contains__(self, node: object) -> bool:
        """Whether the class has this node."""
        return node in self._index

    def __iter__(self) -> Iterator[str]:
        """The nodes in order."""
        return iter(self.nodes)

    def __eq__(self, other: object) -> bool:
        """Same kind, nodes and edges, in whatever order they were written."""
        return self is other or (
            isinstance(other, MarkedGraph)
            and type(other) is type(self)
            and self._hash == other._hash
            and self._identity() == other._identity()
        )

    def __hash__(self) -> int:
        """Consistent with equality."""
        return self._hash

    def __str__(self) -> str:
        """The arrow notation, which reads back as an equal class."""
        mentioned = {name for edge in self.edges for name in edge[:2]}
        lines = [quote(node) for node in self.nodes if node not in mentioned]
        return "\n".join([*lines, *(str(edge) for edge in self.edges)])

    def __repr__(self) -> str:
        """The notation on one line, cut when it is long."""
        text = "; ".join(str(self).splitlines())
        return f"{type(self).__name__}({text if len(text) <= 200 else text[:199] + '…'!r})"

    def to_svg(self) -> str:
        """The picture as SVG text; `causalsim.graph.drawing.to_svg` takes roles and directions."""
        from causalsim.graph.drawing import to_svg

        return to_svg(self)

    def _repr_svg_(self) -> str:
        """The picture that notebooks show."""
        return self.to_svg()

    def _identity(self) -> tuple[frozenset[str], frozenset[object]]:
        """What makes two classes of one kind equal."""
        marks = (frozenset(((a, ma), (b, mb))) for a, b, ma, mb in self.edges)
        return frozenset(self.nodes), frozenset(marks)

    def _around(self, node: str, far: str, near: str) -> tuple[str, ...]:
        """The adjacent nodes whose edge bears these marks, in the order of the nodes."""
        here = self.indices(node)[0]
        found = [
            other
            for other, mark in self.ends[here].items()
            if mark == far and self.ends[other][here] == near
        ]
        return self.names(sorted(found))


def _edges(nodes: tuple[str, ...], ends: Ends) -> Iterator[MarkedEdge]:
    """The edges in order, each with its arrow, if it has one, at the second end."""
    for one, around in enumerate(ends):
        for other, mark in around.items():
            if one < other:
                near = ends[other][one]
                if (near, mark) in _SIGNS:
                    yield MarkedEdge(nodes[one], nodes[other], near, mark)
                else:
                    yield MarkedEdge(nodes[other], nodes[one], mark, near)


def _read(
    kind: str, source: object, nodes: Iterable[str]
) -> tuple[dict[str, None], list[ParsedEdge]]:
    """The nodes in order and the edges of whatever a class may be made from."""
    names: dict[str, None] = dict.fromkeys(_name(node) for node in nodes)
    edges: list[ParsedEdge] = []
    if isinstance(source, MarkedGraph):
        names.update(dict.fromkeys(source.nodes))
        source = source.edges
    for item in [source] if isinstance(source, str) else _items(kind, source):
        if isinstance(item, str):
            sketch = parse_arrows(item)
            for node, attributes in sketch.attributes.items():
                raise EquivalenceError.attribute(kind, node, next(iter(attributes), ""))
            names.update(sketch.nodes)
            edges.extend(sketch.edges)
        else:
            edges.append(_edge(item))
            names.update(dict.fromkeys(edges[-1][:2]))
    return names, edges


def _name(found: object) -> str:
    """A node's name, checked."""
    if not isinstance(found, str) or not found:
        raise GraphError.bad_name(found)
    return found


def _items(kind: str, source: object) -> list[object]:
    """The edges that a caller lists."""
    # A Graph lists its nodes, which would read as a class without edges.
    if isinstance(source, Graph) or not isinstance(source, Iterable):
        raise EquivalenceError.no_source(kind, source)
    return list(source)


def _edge(item: object) -> ParsedEdge:
    """An edge from a pair or from a pair with its marks."""
    if isinstance(item, tuple | list):
        marks = list(item[2:])
        if len(item) in (2, 4) and all(mark in (TAIL, ARROW, CIRCLE) for mark in marks):
            one, other = marks or (TAIL, ARROW)
            return ParsedEdge(_name(item[0]), _name(item[1]), one, other)
    raise EquivalenceError.no_edge(item)
