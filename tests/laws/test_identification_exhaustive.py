"""Every small world: all causal graphs on a few nodes, all pairs of disjoint sets.

A formula must equal the truncated factorisation of a random model; a refusal must be a direction in
which the model moves and the observations do not. Three nodes are tried in every labelling, four
nodes in one causal order (every other labelling only renames them).
"""

from collections.abc import Iterator
from itertools import chain, combinations, permutations, product

import pytest

from causalsim import Graph, Query, identify
from causalsim.identification.verification import largest_error
from tests.oracles.tangents import determines


def subsets(items: list[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def worlds(names: str, every_order: bool) -> Iterator[Graph]:
    """Each causal graph with hidden causes once."""
    seen: set[Graph] = set()
    pairs = list(combinations(names, 2))
    for order in permutations(names) if every_order else [tuple(names)]:
        for arrows, shared in product(subsets(list(combinations(order, 2))), subsets(pairs)):
            graph = Graph(arrows, nodes=names, bidirected=shared)
            if graph not in seen:
                seen.add(graph)
                yield graph


def questions(names: str) -> Iterator[Query]:
    """Each pair of disjoint sets, neither of them empty."""
    for roles in product("xy-", repeat=len(names)):
        found = {role: [n for n, r in zip(names, roles, strict=True) if r == role] for role in "xy"}
        if found["x"] and found["y"]:
            yield Query(found["y"], do=found["x"])


def counts(names: str, every_order: bool, prove_every: int) -> dict[bool, int]:
    """How many questions are and are not identified; every formula and some refusals checked."""
    asked = list(questions(names))
    verdicts = {True: 0, False: 0}
    for graph, query in product(worlds(names, every_order), asked):
        answer = identify(graph, query)
        verdicts[answer.identified] += 1
        if answer.formula is not None:
            assert largest_error(graph, query, answer.formula, seed=1) < 1e-9, (graph, query)
        elif verdicts[False] % prove_every == 0:
            assert not determines(graph, query, seed=1), (graph, query)
    return verdicts


def test_three_nodes() -> None:
    # 25 DAGs x 8 sets of hidden causes = 200 graphs, 12 questions each.
    assert counts("abc", every_order=True, prove_every=4) == {True: 1764, False: 636}


@pytest.mark.slow
def test_four_nodes() -> None:
    # 64 sets of arrows x 64 sets of hidden causes = 4,096 graphs, 50 questions each.
    found = counts("abcd", every_order=False, prove_every=400)
    assert sum(found.values()) == 4_096 * 50
    assert found == {True: 142_827, False: 61_973}
