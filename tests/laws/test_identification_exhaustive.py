"""Every small world: all causal graphs on a few nodes, all pairs of disjoint sets.

A formula must equal the truncated factorisation of a random model. A refusal must have two models
that show the same and differ in the effect. These are built for the smallest refusals alone: a
model in which an arrow or a hidden cause does nothing is also a model of the graph that has it, and
two models that differ in the effect on some outcomes differ in that on more of them. Three nodes
are tried in every labelling, four nodes in one causal order (every other labelling only renames
them).
"""

from collections.abc import Iterator
from itertools import chain, combinations, permutations, product

import numpy as np
import pytest

from causalsim import Graph, Query, identify
from causalsim.identification.verification import largest_error
from tests.oracles.tangents import determines
from tests.oracles.two_models import differ, two_models

Asked = tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]], Query]


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


def asked(graph: Graph, query: Query) -> Asked:
    """A question to a graph as sets."""
    shared = frozenset((min(pair), max(pair)) for pair in graph.bidirected)
    return frozenset(graph.directed), shared, query


def simpler(question: Asked) -> Iterator[Asked]:
    """The same with an arrow, a hidden cause or an outcome less."""
    arrows, shared, query = question
    yield from ((arrows - {pair}, shared, query) for pair in arrows)
    yield from ((arrows, shared - {pair}, query) for pair in shared)
    if len(query.outcome) > 1:
        for name in query.outcome:
            rest = [other for other in query.outcome if other != name]
            yield arrows, shared, Query(rest, do=query.treatments)


def counts(names: str, every_order: bool) -> dict[str, int]:
    """How many questions are and are not identified, each verdict proven."""
    queries = list(questions(names))
    right, refused = 0, dict[Asked, None]()
    for graph, query in product(worlds(names, every_order), queries):
        answer = identify(graph, query)
        if answer.formula is None:
            refused[asked(graph, query)] = None
        else:
            assert largest_error(graph, query, answer.formula, seed=1) < 1e-9, (graph, query)
            right += 1
    smallest = [one for one in refused if refused.keys().isdisjoint(simpler(one))]
    for arrows, shared, query in smallest:
        graph = Graph(sorted(arrows), nodes=names, bidirected=sorted(shared))
        assert proven(graph, query), (graph, query)
    return {"right": right, "refused": len(refused), "smallest": len(smallest)}


def proven(graph: Graph, query: Query) -> bool:
    """Whether two positive models show the same and differ in the effect."""
    found = two_models(graph, query)
    if found is None:
        return False
    one, other = found
    assert min(values.min() for model in found for _, values in model.tables) > 0
    for model in found:
        for axes, values in model.tables:
            np.testing.assert_allclose(values.sum(axis=0), 1.0, err_msg=str(axes))
    np.testing.assert_allclose(one.joint().values, other.joint().values, rtol=0, atol=1e-12)
    return differ(one, other, query) > 1e-4


def test_two_nodes() -> None:
    # 3 DAGs, with and without a hidden cause, 2 questions each.
    assert counts("ab", every_order=True) == {"right": 10, "refused": 2, "smallest": 2}


def test_three_nodes() -> None:
    # 25 DAGs x 8 sets of hidden causes = 200 graphs, 12 questions each.
    found = counts("abc", every_order=True)
    assert found == {"right": 1764, "refused": 636, "smallest": 48}


@pytest.mark.slow
def test_four_nodes() -> None:
    # 64 sets of arrows x 64 sets of hidden causes = 4,096 graphs, 50 questions each.
    found = counts("abcd", every_order=False)
    assert found["right"] + found["refused"] == 4_096 * 50
    assert found == {"right": 142_827, "refused": 61_973, "smallest": 252}


@pytest.mark.parametrize("text", ["z -> x -> y; z -> y", "x -> m -> y; x <-> y", "x -> y <- z"])
def test_no_two_models_are_found_where_there_are_none(text: str) -> None:
    graph, query = Graph(text), Query("y", do="x")
    assert two_models(graph, query) is None
    assert determines(graph, query, seed=1)
