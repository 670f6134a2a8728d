"""How many ways a chordal graph can be directed without cycle or collider: clique-picking.

The graph of one undirected component has as many members as it has acyclic orientations without
colliders. Each of them has a unique source clique to start from; what remains undirected after
that start are smaller chordal graphs, which are counted alike.

References:
    Wienöbst, Bannach and Liśkiewicz, "Polynomial-time algorithms for counting and sampling Markov
    equivalent DAGs" (AAAI 2021; JMLR 24, 2023, with applications).
"""

from dataclasses import dataclass
from math import factorial
from random import Random

Adjacent = dict[int, tuple[int, ...]]
Part = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """One clique to start from, the starts another clique answers for, and what then remains."""

    clique: Part
    barred: tuple[frozenset[int], ...]
    remaining: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Census:
    """The orientations of every subgraph that clique-picking meets: counts, and how to draw one."""

    adjacent: list[list[int]]
    picks: dict[Part, tuple[Pick, ...]]
    counts: dict[Part, int]

    @classmethod
    def of(cls, adjacent: list[list[int]], part: list[int]) -> "Census":
        """Count the orientations of a connected chordal graph, smaller subgraphs first."""
        census = cls(adjacent, {}, {})
        waiting: list[tuple[Part, bool]] = [(tuple(part), False)]
        while waiting:
            nodes, ready = waiting.pop()
            if nodes in census.counts:
                continue
            if ready:
                census.counts[nodes] = sum(census._weight(pick) for pick in census.picks[nodes])
                continue
            around = _within(nodes, adjacent)
            if _is_tree(around):
                census.counts[nodes] = len(nodes)
                continue
            census.picks[nodes] = picks = _picks(nodes, around)
            waiting.append((nodes, True))
            waiting.extend((rest, False) for pick in picks for rest in pick.remaining)
        return census

    def draw(self, part: list[int], random: Random) -> list[int]:
        """The nodes in an order that gives each orientation with the same probability."""
        order: list[int] = []
        waiting: list[Part] = [tuple(part)]
        while waiting:
            nodes = waiting.pop()
            if len(nodes) == 1:
                order += nodes
                continue
            around = _within(nodes, self.adjacent)
            if nodes not in self.picks:
                # A tree points away from its root, and every node can be the root.
                order += _breadth_first(random.choice(nodes), around)
                continue
            picks = self.picks[nodes]
            left = random.randrange(self.counts[nodes])
            chosen = next(pick for pick in picks if (left := left - self._weight(pick)) < 0)
            order += _draw_start(chosen, random)
            waiting += reversed(_remaining(nodes, around, chosen.clique))
        return order

    def _weight(self, pick: Pick) -> int:
        """How many orientations a pick answers for."""
        found = starts(len(pick.clique), [len(prefix) for prefix in pick.barred])
        for rest in pick.remaining:
            found *= self.counts[rest]
        return found


def starts(size: int, barred: list[int]) -> int:
    """How many orders of a clique have none of a chain of subsets as a prefix (the paper's phi).

    The subsets X_1 in X_2 in ... are given by their sizes: from all orders those are taken away
    whose shortest barred prefix is X_i, for each i.

    >>> starts(3, []), starts(2, [1]), starts(3, [1, 2])
    (6, 1, 3)
    """
    sizes = [*barred, size]
    found: list[int] = []
    for number, upper in enumerate(sizes):
        total = factorial(upper)
        for lower, count in zip(sizes[:number], found, strict=False):
            total -= factorial(upper - lower) * count
        found.append(total)
    return found[-1]


def _draw_start(pick: Pick, random: Random) -> list[int]:
    """An order of the clique with none of the barred prefixes.

    At least half of all orders qualify, even when each prefix is barred.
    """
    order = list(pick.clique)
    while True:
        random.shuffle(order)
        if not any(frozenset(order[: len(prefix)]) == prefix for prefix in pick.barred):
            return order


def _is_tree(around: Adjacent) -> bool:
    """Whether a connected graph has no ring."""
    return sum(len(found) for found in around.values()) == 2 * (len(around) - 1)


def _breadth_first(root: int, around: Adjacent) -> list[int]:
    """The nodes by their distance from a root."""
    order = [root]
    seen = {root}
    for node in order:
        for other in around[node]:
            if other not in seen:
                seen.add(other)
                order.append(other)
    return order


def _picks(nodes: Part, around: Adjacent) -> tuple[Pick, ...]:
    """For each maximal clique: its barred prefixes and the components that remain undirected."""
    cliques, parent = _clique_tree(nodes, around)
    shared = [
        frozenset(clique) & frozenset(cliques[above]) if above >= 0 else frozenset[int]()
        for clique, above in zip(cliques, parent, strict=True)
    ]
    found = []
    for number, clique in enumerate(cliques):
        members = frozenset(clique)
        barred: dict[frozenset[int], None] = {}
        at = number
        # The separators on the way to the root that the clique contains form a chain.
        while parent[at] >= 0:
            if shared[at] <= members:
                barred[shared[at]] = None
            at = parent[at]
        rest = (part for part in _remaining(nodes, around, clique) if len(part) > 1)
        found.append(Pick(clique, tuple(sorted(barred, key=len)), tuple(rest)))
    return tuple(found)


def _within(nodes: Part, adjacent: list[list[int]]) -> Adjacent:
    """The adjacency within a set of nodes."""
    inside = set(nodes)
    return {node: tuple(b for b in adjacent[node] if b in inside) for node in nodes}


def _clique_tree(nodes: Part, around: Adjacent) -> tuple[list[Part], list[int]]:
    """The maximal cliques of a connected chordal graph and a tree of them rooted at the first.

    References:
        Blair and Peyton, "An introduction to chordal graphs and clique trees" (1993), figure 4.2.
    """
    place: dict[int, int] = {}
    home: dict[int, int] = {}  # the clique in which each node was first put
    cliques: list[list[int]] = []
    parent: list[int] = []
    before = 0
    for node in _cardinality_order(nodes, around):
        earlier = [other for other in around[node] if other in place]
        # A clique is complete when the number of visited neighbours does not grow.
        if not cliques or len(earlier) <= before:
            cliques.append([*earlier, node])
            # The last visited neighbour was first put in a clique that holds all the others.
            last = max(earlier, key=place.__getitem__, default=-1)
            parent.append(home.get(last, -1))
        else:
            cliques[-1].append(node)
        home[node] = len(cliques) - 1
        place[node] = len(place)
        before = len(earlier)
    return [tuple(clique) for clique in cliques], parent


def _cardinality_order(nodes: Part, around: Adjacent) -> list[int]:
    """Maximum cardinality search within a subgraph."""
    weight = dict.fromkeys(nodes, 0)
    shelves: list[list[int]] = [list(reversed(nodes))]
    top = 0
    order: list[int] = []
    done: set[int] = set()
    while len(order) < len(nodes):
        while not shelves[top]:
            top -= 1
        node = shelves[top].pop()
        if node in done or weight[node] != top:
            continue
        done.add(node)
        order.append(node)
        for other in around[node]:
            if other not in done:
                weight[other] += 1
                if weight[other] == len(shelves):
                    shelves.append([])
                shelves[weight[other]].append(other)
        top = min(top + 1, len(shelves) - 1)
    return order


def _remaining(nodes: Part, around: Adjacent, clique: Part) -> list[Part]:
    """The undirected components that remain when the clique comes first, in order.

    Algorithm 1 of the paper, a lexicographic breadth-first search: nodes with the same visited
    neighbours stand in one set; when such a set comes to the front, the edges within it are
    still undirected. The sets are linked, so that a split touches the neighbours alone.
    """
    start = set(clique)
    groups: list[dict[int, None]] = [
        {},
        dict.fromkeys(clique),
        dict.fromkeys(node for node in nodes if node not in start),
    ]
    following = [1, 2, 0]
    preceding = [0, 0, 1]
    group_of = {node: 1 if node in start else 2 for node in nodes}
    settled = set(clique)
    found: list[Part] = []
    while (first := following[0]) != 0:
        group = groups[first]
        if not group:
            following[0] = following[first]
            preceding[following[first]] = 0
            continue
        node = next(iter(group))
        if node not in settled:
            settled.update(group)
            found.extend(_connected(list(group), around))
        del group[node]
        del group_of[node]
        split: dict[int, int] = {}
        for other in around[node]:
            if other not in group_of:
                continue
            old = group_of[other]
            if old not in split:
                # A new set just before the old one takes those that are joined to the node.
                split[old] = new = len(groups)
                groups.append({})
                following.append(old)
                preceding.append(preceding[old])
                following[preceding[old]] = new
                preceding[old] = new
            del groups[old][other]
            groups[split[old]][other] = None
            group_of[other] = split[old]
    return found


def _connected(group: list[int], around: Adjacent) -> list[Part]:
    """The connected components within a set of nodes."""
    left = dict.fromkeys(group)
    found: list[Part] = []
    for start in group:
        if start not in left:
            continue
        del left[start]
        part = [start]
        for node in part:
            for other in around[node]:
                if other in left:
                    del left[other]
                    part.append(other)
        found.append(tuple(sorted(part)))
    return found
