"""Which single change of a graph would explain what the data contradict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from causalsim.errors.graph import GraphError
from causalsim.graph.claims.independencies import Independence, pairwise_independencies
from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated


@dataclass(frozen=True, slots=True)
class Doubt:
    """A missing edge that would explain contradictions.

    Attributes:
        pair: Between whom.
        edges: The edges that explain as much, such as ``a -> c`` and ``a <-> c``.
        explains: The contradicted claims that the graph would no longer make.
        given_up: How many of the claims that the data bear out it would no longer make either.
        of: How many claims are contradicted.
    """

    pair: tuple[str, str]
    edges: tuple[str, ...]
    explains: tuple[Independence, ...]
    given_up: int
    of: int

    @property
    def sentence(self) -> str:
        """In English."""
        first, second = self.pair
        what = "an arrow or a hidden common cause"
        if all("<->" in edge for edge in self.edges):
            what = "a hidden common cause"
        elif not any("<->" in edge for edge in self.edges):
            what = f"an arrow ({' or '.join(self.edges)})"
        noun = "contradiction" if self.of == 1 else "contradictions"
        return (
            f"{what} between {first} and {second} explains {len(self.explains)} of {self.of} {noun}"
        )

    def __str__(self) -> str:
        """In English."""
        return self.sentence


def doubts(
    graph: Graph, contradicted: Sequence[Independence], borne_out: Sequence[Independence]
) -> tuple[Doubt, ...]:
    """Single missing edges between contradicted pairs, those that explain most first.

    An edge explains a contradicted claim when the graph with it no longer makes that claim. Among
    edges that explain as many, the one comes first that gives up fewest claims which the data
    bear out.

    >>> claims = [Independence(("a",), ("c",), ("b",))]
    >>> doubts(Graph("a -> b -> c"), claims, [])[0].edges
    ('a -> c', 'a <-> c')
    """
    pairs = dict.fromkeys((claim.x[0], claim.y[0]) for claim in contradicted)
    found = []
    for first, second in pairs:
        scored = []
        for edge in (f"{first} -> {second}", f"{second} -> {first}", f"{first} <-> {second}"):
            try:
                wider = (
                    Graph(graph, bidirected=[(first, second)])
                    if "<->" in edge
                    else _with(graph, edge)
                )
            except GraphError:
                continue  # the arrow would close a cycle
            explained = tuple(one for one in contradicted if not _claims(wider, one))
            lost = sum(not _claims(wider, one) for one in borne_out)
            scored.append((len(explained), -lost, edge, explained))
        best = max(score[:2] for score in scored)
        equal = [score for score in scored if score[:2] == best]
        edges = tuple(score[2] for score in equal)
        found.append(Doubt((first, second), edges, equal[0][3], -best[1], len(contradicted)))
    found.sort(key=lambda one: (-len(one.explains), one.given_up))
    return tuple(found)


def without_edge(graph: Graph, measured: tuple[str, ...]) -> Iterator[Independence]:
    """For each arrow between measured nodes: the claim that the graph would make without it.

    Arrows whose ends nothing measured would separate are left out.
    """
    known = set(measured)
    for arrow in graph.directed:
        if not known.issuperset(arrow) or set(arrow) in [set(pair) for pair in graph.bidirected]:
            continue
        thinner = Graph(
            [other for other in graph.directed if other != arrow],
            nodes=graph.nodes,
            bidirected=graph.bidirected,
            latent=graph.latent,
        )
        for claim in pairwise_independencies(thinner, among=measured):
            if {claim.x[0], claim.y[0]} == set(arrow):
                yield claim


def _with(graph: Graph, edge: str) -> Graph:
    """The graph with one more arrow."""
    tail, head = edge.split(" -> ")
    return Graph(
        [*graph.directed, (tail, head)],
        nodes=graph.nodes,
        bidirected=graph.bidirected,
        latent=graph.latent,
    )


def _claims(graph: Graph, claim: Independence) -> bool:
    """Whether a graph makes a claim."""
    return separated(graph, claim.x, claim.y, claim.given)
