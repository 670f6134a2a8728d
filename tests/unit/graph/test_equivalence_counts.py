"""Members counted and drawn: published counts, closed forms, and seeds."""

import itertools
from math import factorial

import pytest

from causalsim.errors import CausalsimError
from causalsim.graph.equivalence import (
    CPDAG,
    MPDAG,
    PAG,
    count_members,
    members,
    orient,
    sample_members,
)
from causalsim.graph.equivalence.cliques import starts


def complete(size: int, missing: tuple[tuple[int, int], ...] = ()) -> CPDAG:
    nodes = [f"v{number}" for number in range(size)]
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size) if (a, b) not in missing]
    return CPDAG([(nodes[a], nodes[b], "-", "-") for a, b in pairs], nodes=nodes)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 30])
def test_a_complete_graph_has_a_member_for_each_order(size: int) -> None:
    assert count_members(complete(size)) == factorial(size)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 3000])
def test_a_path_has_a_member_for_each_root(size: int) -> None:
    nodes = [f"v{number}" for number in range(size)]
    path = [(a, b, "-", "-") for a, b in itertools.pairwise(nodes)]
    assert count_members(CPDAG(path, nodes=nodes)) == size


@pytest.mark.parametrize("leaves", [1, 2, 40])
def test_a_star_has_a_member_for_each_root(leaves: int) -> None:
    star = CPDAG([("hub", f"v{number}", "-", "-") for number in range(leaves)])
    assert count_members(star) == leaves + 1


# He, Jia and Yu, "Counting and exploring sizes of Markov equivalence classes of directed acyclic
# graphs" (JMLR 2015), theorem 1: connected chordal graphs on p nodes by their number of edges.
@pytest.mark.parametrize("p", [4, 5, 6, 9, 20])
def test_he_jia_yu_as_many_edges_as_nodes(p: int) -> None:
    # A triangle with a tail: 2p members.
    nodes = [f"v{number}" for number in range(p)]
    edges = [(a, b, "-", "-") for a, b in itertools.pairwise(nodes)]
    assert count_members(CPDAG([*edges, ("v0", "v2", "-", "-")])) == 2 * p


@pytest.mark.parametrize("p", [3, 4, 5, 6, 12])
def test_he_jia_yu_one_edge_short_of_complete(p: int) -> None:
    wanted = 2 * factorial(p - 1) - factorial(p - 2)
    assert count_members(complete(p, ((0, 1),))) == wanted


@pytest.mark.parametrize("p", [4, 5, 6, 12])
def test_he_jia_yu_two_edges_short_of_complete(p: int) -> None:
    wanted = (p * p - p - 4) * factorial(p - 3)
    assert count_members(complete(p, ((0, 1), (0, 2)))) == wanted


def test_components_multiply() -> None:
    two = CPDAG("a -- b; b -- c; d -- e; e -- f; f -- d")
    assert count_members(two) == 3 * 6
    assert len(set(members(two))) == 18


def test_a_class_with_one_member() -> None:
    collider = CPDAG("a -> c <- b")
    assert count_members(collider) == 1
    assert [repr(graph) for graph in members(collider)] == ["Graph('a -> c; b -> c')"]
    assert count_members(CPDAG("")) == 1
    assert [repr(graph) for graph in members(CPDAG(""))] == ["Graph('')"]


# Orders without a barred prefix, counted by hand (Wienöbst and others 2021, section 4).
@pytest.mark.parametrize(
    ("size", "barred", "count"),
    [
        (1, [], 1),
        (3, [], 6),
        (2, [1], 1),
        (3, [1], 4),
        (3, [2], 4),
        (3, [1, 2], 3),
        (4, [1, 2, 3], 13),
    ],
)
def test_orders_without_barred_prefixes(size: int, barred: list[int], count: int) -> None:
    assert starts(size, barred) == count


def test_an_mpdag_is_counted_with_its_knowledge() -> None:
    mpdag = orient(complete(6), "v0 -> v1")
    assert count_members(mpdag) == factorial(6) // 2
    with pytest.raises(CausalsimError, match="needs more than 1 steps"):
        count_members(mpdag, limit=1)


def test_seeds() -> None:
    graph = complete(6)
    once = [str(drawn) for drawn in sample_members(graph, 5, seed=4)]
    assert once == [str(drawn) for drawn in sample_members(graph, 5, seed=4)]
    assert once != [str(drawn) for drawn in sample_members(graph, 5, seed=5)]
    assert list(sample_members(graph, 0, seed=1)) == []


def test_listing_is_lazy() -> None:
    # 16! members: the first ones come at once.
    first = list(members(complete(16), limit=3))
    assert len(set(first)) == 3
    assert next(members(complete(16))) == first[0]


@pytest.mark.parametrize("limit", [-1, 1.5, True, "3"])
def test_a_limit_is_a_whole_number(limit: object) -> None:
    with pytest.raises(CausalsimError, match="limit must be a whole number"):
        members(CPDAG("a -- b"), limit=limit)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), [("size", -1), ("size", "two"), ("seed", None)])
def test_size_and_seed_are_whole_numbers(name: str, value: object) -> None:
    found = {"size": 1, "seed": 1, name: value}
    with pytest.raises(CausalsimError, match=f"{name} must be a whole number"):
        sample_members(CPDAG("a -- b"), found["size"], seed=found["seed"])  # type: ignore[arg-type]


@pytest.mark.parametrize("graph", [PAG("a o-o b"), "a -- b", None])
def test_only_classes_of_dags_have_dags_as_members(graph: object) -> None:
    for call in (members, count_members, lambda g: sample_members(g, seed=1)):
        with pytest.raises(CausalsimError, match="a CPDAG or an MPDAG"):
            call(graph)  # type: ignore[operator]


def test_the_mpdag_of_a_cpdag_has_the_same_members() -> None:
    graph = CPDAG("a -- b; b -- c; c -- a; c -- d")
    assert set(members(MPDAG(graph))) == set(members(graph))
