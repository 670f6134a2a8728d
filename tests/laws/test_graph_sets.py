"""Laws of separators, adjustment, front doors, instruments and paths against brute force."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.graph.separation.biasing import biasing_edges
from tests.oracles import graph_criteria as oracle
from tests.oracles import set_cases, wider_cases
from tests.oracles.graphs import Roles, admgs, dags, questions

Case = Callable[[Graph, tuple[str, ...], tuple[str, ...], np.random.Generator], None]

CASES = [
    set_cases.check_separators,
    set_cases.check_adjustment,
    set_cases.check_adjusted_estimand,
    set_cases.check_precision,
    set_cases.check_front_door,
    set_cases.check_instruments,
    set_cases.check_instrument_choice,
    set_cases.check_direct,
    set_cases.check_paths,
]
SMALL = st.one_of(dags(2, 5), admgs(2, 5), admgs(3, 6, latent=True)).filter(
    lambda graph: len(graph.observed) > 1
)


@pytest.mark.parametrize("check", CASES)
@settings(max_examples=40, deadline=None)
@given(asked=questions(SMALL), seed=st.integers(0, 2**32 - 1))
def test_against_brute_force(check: Case, asked: Roles, seed: int) -> None:
    check(*asked, np.random.default_rng(seed))


@settings(max_examples=100, deadline=None)
@given(asked=questions(SMALL), data=st.data())
def test_biasing_edges_are_those_on_open_paths_that_are_not_causal(
    asked: Roles, data: st.DataObject
) -> None:
    graph, x, y = asked
    rest = [node for node in graph.nodes if node not in (*x, *y)]
    given_ = data.draw(st.lists(st.sampled_from(rest), unique=True)) if rest else []
    wanted = {
        edge
        for trail in oracle.all_paths(graph, x, y)
        if oracle.is_proper(trail, x)
        and not set(oracle.path_nodes(trail)[1:-1]) & set(y)
        and not oracle.is_causal(trail)
        and oracle.is_open(graph, trail, given_)
        for edge in trail
    }
    found = biasing_edges(graph, x, y, given_)
    arrows = {(a, b) if n == "head" else (b, a) for a, b, m, n in wanted if m != n}
    assert set(found.directed) == arrows
    assert set(map(frozenset, found.bidirected)) == {
        frozenset(e[:2]) for e in wanted if e[2] == e[3]
    }


@pytest.mark.parametrize("check", CASES)
def test_against_brute_force_on_seeded_graphs(check: Case) -> None:
    rng = np.random.default_rng(20260101)
    for _ in range(120):
        check(*set_cases.random_case(rng), rng)


@pytest.mark.parametrize(
    "check, confounded",
    [
        (wider_cases.check_wide_separators, False),
        (wider_cases.check_wide_adjustment, False),
        (wider_cases.check_wide_front_door, True),
    ],
)
def test_lists_in_graphs_of_a_dozen_nodes(check: Case, confounded: bool) -> None:
    rng = np.random.default_rng(20260102)
    for _ in range(25):
        check(*wider_cases.layered(rng, confounded), rng)
