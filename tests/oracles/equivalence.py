"""Equivalence classes by brute force, written from the definitions: nothing here is clever.

A mixed graph is a dict: ``marks[a, b]`` is the mark at b of the edge between a and b.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise, product

from causalsim import Graph
from causalsim.graph.equivalence.marked import MarkedGraph

Marks = dict[tuple[str, str], str]
Pair = tuple[str, str]

KINDS = {"->": ("-", ">"), "<-": (">", "-"), "<->": (">", ">"), "--": ("-", "-")}


def subsets(items: Iterable[str]) -> Iterator[tuple[str, ...]]:
    found = list(items)
    for size in range(len(found) + 1):
        yield from combinations(found, size)


def marks_of(graph: Graph | MarkedGraph) -> Marks:
    """The marks of a causal graph without double edges, or of a class."""
    if isinstance(graph, Graph):
        edges = [(a, b, "-", ">") for a, b in graph.directed]
        edges += [(a, b, ">", ">") for a, b in graph.bidirected]
    else:
        edges = list(graph.edges)
    return {
        key: mark for a, b, at_a, at_b in edges for key, mark in (((a, b), at_b), ((b, a), at_a))
    }


def texts(marks: Marks) -> list[str]:
    """The edges as text, for making a class."""
    left = {"-": "", ">": "<", "o": "o"}
    right = {"-": "", ">": ">", "o": "o"}
    found = []
    for (a, b), at_b in marks.items():
        if a < b:
            sign = f"{left[marks[b, a]]}-{right[at_b]}"
            found.append(f"{a} {'--' if sign == '-' else sign} {b}")
    return found


def arrows(marks: Marks) -> list[Pair]:
    return [(a, b) for (a, b), mark in marks.items() if mark == ">" and marks[b, a] == "-"]


def ancestors(nodes: Sequence[str], marks: Marks) -> dict[str, set[str]]:
    found = {node: {node} for node in nodes}
    for _ in nodes:
        for a, b in arrows(marks):
            found[b] |= found[a]
    return found


def acyclic(nodes: Sequence[str], marks: Marks) -> bool:
    above = ancestors(nodes, marks)
    return not any(b in above[a] for a, b in arrows(marks))


def simple_paths(nodes: Sequence[str], marks: Marks, start: str, end: str) -> Iterator[list[str]]:
    def extend(path: list[str]) -> Iterator[list[str]]:
        if path[-1] == end:
            yield path
            return
        for node in nodes:
            if node not in path and (path[-1], node) in marks:
                yield from extend([*path, node])

    yield from extend([start])


def is_collider(marks: Marks, path: list[str], at: int) -> bool:
    return marks[path[at - 1], path[at]] == ">" and marks[path[at + 1], path[at]] == ">"


def open_path(
    marks: Marks, above: dict[str, set[str]], path: list[str], given: Iterable[str]
) -> bool:
    """Definition 1.2.3 of Pearl and section 3.2 of Richardson and Spirtes."""
    held = set(given)
    for at in range(1, len(path) - 1):
        if is_collider(marks, path, at):
            if not any(path[at] in above[node] for node in held):
                return False
        elif path[at] in held:
            return False
    return True


def connected(nodes: Sequence[str], marks: Marks, a: str, b: str, given: Iterable[str]) -> bool:
    above = ancestors(nodes, marks)
    return any(open_path(marks, above, path, given) for path in simple_paths(nodes, marks, a, b))


def model(nodes: Sequence[str], marks: Marks) -> frozenset:
    """Every separation between two nodes, which tells the graph's whole independence model."""
    above = ancestors(nodes, marks)
    found = set()
    for a, b in combinations(nodes, 2):
        paths = list(simple_paths(nodes, marks, a, b))
        for given in subsets(node for node in nodes if node not in (a, b)):
            if not any(open_path(marks, above, path, given) for path in paths):
                found.add((a, b, given))
    return frozenset(found)


def same_skeleton(marks: Marks, kinds: Iterable[str]) -> Iterator[Marks]:
    """Every graph with the same adjacencies and edges of the given kinds."""
    pairs = [(a, b) for a, b in marks if a < b]
    for choice in product(kinds, repeat=len(pairs)):
        found: Marks = {}
        for (a, b), kind in zip(pairs, choice, strict=True):
            found[b, a], found[a, b] = KINDS[kind]
        yield found


def unshielded_colliders(nodes: Sequence[str], marks: Marks) -> set[tuple[str, str, str]]:
    return {
        (a, b, c)
        for a, c in combinations(nodes, 2)
        for b in nodes
        if (a, c) not in marks and marks.get((a, b)) == ">" and marks.get((c, b)) == ">"
    }


def equivalent_dags(nodes: Sequence[str], marks: Marks) -> list[Marks]:
    """All DAGs with the same adjacencies and unshielded colliders (Verma and Pearl 1990)."""
    wanted = unshielded_colliders(nodes, marks)
    return [
        found
        for found in same_skeleton(marks, ["->", "<-"])
        if unshielded_colliders(nodes, found) == wanted and acyclic(nodes, found)
    ]


def shared(members: list[Marks], otherwise: str | None) -> Marks:
    """The marks that all members have; another where they differ."""
    first = members[0]
    return {
        key: mark if all(other[key] == mark for other in members) else otherwise
        for key, mark in first.items()
    }


def essential(members: list[Marks]) -> Marks:
    """Arrows that all DAGs share; both marks are tails where the directions differ."""
    found = shared(members, None)
    return {key: "-" if mark is None else mark for key, mark in found.items()}


def is_ancestral(nodes: Sequence[str], marks: Marks) -> bool:
    """Richardson and Spirtes 2002, definition 3.1 and the remark on ancestral graphs."""
    above = ancestors(nodes, marks)
    if any(b in above[a] for a, b in arrows(marks)):
        return False
    for (a, b), mark in marks.items():
        if mark == ">" and marks[b, a] == ">" and a in above[b]:
            return False
        if mark == marks[b, a] == "-" and any(
            marks.get((c, end)) == ">" for c in nodes for end in (a, b)
        ):
            return False
    return True


def is_mag(nodes: Sequence[str], marks: Marks) -> bool:
    """Ancestral, and each pair without an edge is separated by some set."""
    if not is_ancestral(nodes, marks):
        return False
    separated = {(a, b) for a, b, _ in model(nodes, marks)}
    return all((a, b) in marks or (a, b) in separated for a, b in combinations(nodes, 2))


def equivalent_mags(
    nodes: Sequence[str], marks: Marks, kinds: Sequence[str] = ("->", "<-", "<->")
) -> list[Marks]:
    """All MAGs with the same separations, by trying every mark at every end."""
    wanted, colliders = model(nodes, marks), unshielded_colliders(nodes, marks)
    return [
        found
        for found in same_skeleton(marks, kinds)
        if unshielded_colliders(nodes, found) == colliders
        and is_ancestral(nodes, found)
        and model(nodes, found) == wanted
    ]


def projected(graph: Graph, selected: tuple[str, ...] = ()) -> Marks:
    """The MAG of a graph: an edge where no set of measured nodes separates, marks by ancestry.

    A ``<->`` is drawn as a hidden node, so that all paths are paths of a DAG.
    """
    nodes, marks = list(graph.nodes), {}
    for a, b in graph.directed:
        marks[a, b], marks[b, a] = ">", "-"
    for number, (a, b) in enumerate(graph.bidirected):
        hidden = f"hidden{number}"
        nodes.append(hidden)
        for end in (a, b):
            marks[hidden, end], marks[end, hidden] = ">", "-"
    above = ancestors(nodes, marks)
    kept = [node for node in graph.observed if node not in selected]
    found: Marks = {}
    for a, b in combinations(kept, 2):
        rest = [node for node in kept if node not in (a, b)]
        paths = list(simple_paths(nodes, marks, a, b))
        if all(
            any(open_path(marks, above, path, (*given, *selected)) for path in paths)
            for given in subsets(rest)
        ):
            for one, other in ((a, b), (b, a)):
                before = any(one in above[node] for node in (other, *selected))
                found[other, one] = "-" if before else ">"
    return found


def valid_in_admg(graph: Graph, x: tuple[str, ...], y: tuple[str, ...], z: tuple[str, ...]) -> bool:
    """The adjustment criterion in an ADMG by listing paths (Shpitser and others 2010)."""
    nodes, marks = list(graph.nodes), {}
    for a, b in graph.directed:
        marks[a, b], marks[b, a] = ">", "-"
    for number, (a, b) in enumerate(graph.bidirected):
        hidden = f"hidden{number}"
        nodes.append(hidden)
        for end in (a, b):
            marks[hidden, end], marks[end, hidden] = ">", "-"
    above = ancestors(nodes, marks)
    for one in x:
        for other in y:
            for path in simple_paths(nodes, marks, one, other):
                if any(node in x for node in path[1:]):
                    continue
                if all(marks[a, b] == ">" for a, b in pairwise(path)):
                    if any(on in above[node] for on in path[1:] for node in z):
                        return False
                elif open_path(marks, above, path, z):
                    return False
    return True


def admgs_behind(nodes: Sequence[str], marks: Marks) -> list[Graph]:
    """Every ADMG whose MAG is the given one: all that hidden causes can hide behind it.

    An edge of the ADMG joins nodes that no set separates, and an arrow is an ancestry, so only
    the edges of the MAG, and arrows along its own, come in question.
    """
    pairs = [(a, b) for a, b in marks if a < b]
    kinds = {
        ("-", ">"): [(), ("->",), ("<->",), ("->", "<->")],
        (">", "-"): [(), ("<-",), ("<->",), ("<-", "<->")],
        (">", ">"): [(), ("<->",)],
    }
    found = []
    for choice in product(*(kinds[marks[b, a], marks[a, b]] for a, b in pairs)):
        arrowed: list[Pair] = []
        both: list[Pair] = []
        for (a, b), kind in zip(pairs, choice, strict=True):
            arrowed += [(a, b)] * ("->" in kind) + [(b, a)] * ("<-" in kind)
            both += [(a, b)] * ("<->" in kind)
        graph = Graph(arrowed, nodes=nodes, bidirected=both)
        if projected(graph) == marks:
            found.append(graph)
    return found
