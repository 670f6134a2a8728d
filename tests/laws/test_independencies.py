"""Implied independencies: they hold in exact models, and everything follows from the basis."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.graph.claims.independencies import (
    Independence,
    basis_independencies,
    inseparable_pairs,
    pairwise_independencies,
)
from causalsim.graph.separation.criterion import separated
from tests.oracles.graph_criteria import separated as separated_by_definition
from tests.oracles.graph_criteria import subsets
from tests.oracles.graphs import admgs
from tests.oracles.worlds import ExactModel

FEW = settings(max_examples=60, deadline=None)
Triple = tuple[frozenset[str], frozenset[str], frozenset[str]]


def small(graph: Graph) -> bool:
    return len(graph.bidirected) <= 3


@FEW
@given(admgs(2, 4).filter(small), st.integers(0, 1000), st.data())
def test_claims_hold_in_every_model(graph: Graph, seed: int, data: st.DataObject) -> None:
    hidden = data.draw(st.lists(st.sampled_from(graph.nodes), unique=True, max_size=1))
    graph = Graph(graph.directed, nodes=graph.nodes, bidirected=graph.bidirected, latent=hidden)
    values, _ = ExactModel(graph, seed).world({})
    model = ExactModel(graph, seed)
    for claim in (*basis_independencies(graph), *pairwise_independencies(graph)):
        x, y, z = ([values[node] for node in nodes] for nodes in (claim.x, claim.y, claim.given))
        assert not set(hidden) & {*claim.x, *claim.y, *claim.given}
        assert model.independent(x, y, z)
        assert separated_by_definition(graph, claim.x, claim.y, claim.given)


def closure(claims: list[Independence], nodes: tuple[str, ...]) -> set[Triple]:
    """Everything that follows by the semi-graphoid axioms, by applying them until nothing does."""
    known: set[Triple] = set()
    fresh = [(frozenset(claim.x), frozenset(claim.y), frozenset(claim.given)) for claim in claims]
    while fresh:
        x, y, z = fresh.pop()
        if (x, y, z) in known:
            continue
        known.update([(x, y, z), (y, x, z)])  # symmetry
        for a, b in ((x, y), (y, x)):
            for part in subsets(sorted(b)):
                kept = frozenset(part)
                if kept and kept != b:
                    fresh.append((a, kept, z))  # decomposition
                    fresh.append((a, kept, z | (b - kept)))  # weak union
        for a, b, c in list(known):  # contraction: A ⊥ B | C and A ⊥ D | B, C give A ⊥ B, D | C
            for one, two in (
                ((a, b, c), (x, y, z)),
                ((x, y, z), (a, b, c)),
                ((a, b, c), (y, x, z)),
                ((y, x, z), (a, b, c)),
            ):
                if one[0] == two[0] and two[2] == one[1] | one[2] and not one[1] & two[1]:
                    fresh.append((one[0], one[1] | two[1], one[2]))
    return known


@settings(max_examples=40, deadline=None)
@given(admgs(2, 4))
def test_every_separation_follows_from_the_basis(graph: Graph) -> None:
    known = closure(list(basis_independencies(graph)), graph.nodes)
    for x in subsets(graph.nodes):
        for y in subsets([node for node in graph.nodes if node not in x]):
            for z in subsets([node for node in graph.nodes if node not in (*x, *y)]):
                if x and y:
                    found = (frozenset(x), frozenset(y), frozenset(z)) in known
                    assert found == separated(graph, x, y, z)


@FEW
@given(admgs(2, 6, latent=True), st.data())
def test_pairs_are_those_that_some_set_separates(graph: Graph, data: st.DataObject) -> None:
    among = data.draw(st.lists(st.sampled_from(graph.nodes), unique=True))
    seen = [node for node in graph.observed if not among or node in among]
    claims = {(claim.x[0], claim.y[0]): claim for claim in pairwise_independencies(graph, among)}
    lost = set(inseparable_pairs(graph, among))
    for a, b in combinations(seen, 2):
        sets = [
            frozenset(z)
            for z in subsets([node for node in seen if node not in (a, b)])
            if separated(graph, a, b, z)
        ]
        assert ((a, b) in claims) == bool(sets)
        if sets:
            held = frozenset(claims[a, b].given)
            assert held in sets
            assert not any(other < held for other in sets)
        assert not (sets and (a, b) in lost)
