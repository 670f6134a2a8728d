"""Questions about sets of nodes: what cannot be asked, what is lazy, what order answers keep."""

import subprocess
import sys
from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest

from causalsim import Graph
from causalsim.errors import GraphError
from causalsim.graph.effects.adjustment import (
    explain_adjustment,
    is_adjustment_set,
    minimal_adjustment_set,
)
from causalsim.graph.effects.direct import (
    controlled_direct_adjustment_set,
    minimal_direct_effect_set,
)
from causalsim.graph.effects.frontdoor import front_door_sets, is_front_door_set
from causalsim.graph.effects.instruments import instruments, is_instrument
from causalsim.graph.effects.optimal import minimum_adjustment_set, optimal_adjustment_set
from causalsim.graph.separation.batch import separated_each
from causalsim.graph.separation.criterion import separated
from causalsim.graph.separation.pair_separators import pair_separators
from causalsim.graph.separation.paths import causal_paths, paths, shortest_open_path
from causalsim.graph.separation.separators import (
    minimal_separator,
    minimal_separators,
    minimum_separator,
    nearest_separator,
)
from tests.oracles.graphs import random_graph

GRAPH = Graph("c -> x -> m -> y <- c; h -> c", latent="h")

#: What is asked, and a word of the message.
MISTAKES: list[tuple[Callable[[], object], str]] = [
    (lambda: minimal_separator(GRAPH, "x", "m"), r"adjacent \(x -> m\)"),
    (lambda: nearest_separator(GRAPH, "m", ["x", "h"]), r"adjacent \(m <- x\)"),
    (lambda: minimal_separators(Graph("a <-> b"), "a", "b"), r"adjacent \(a <-> b\)"),
    (lambda: minimal_adjustment_set(GRAPH, "x", "z"), "no node 'z'"),
    (lambda: minimal_adjustment_set(GRAPH, "x", "x"), "both in x and in y"),
    (lambda: minimal_adjustment_set(GRAPH, (), "y"), "No node was given as x"),
    (lambda: minimal_adjustment_set(GRAPH, "h", "y"), "latent"),
    (lambda: minimal_adjustment_set(GRAPH, "x", "y", must="h"), "latent"),
    (lambda: minimal_adjustment_set(GRAPH, "x", "y", must="x"), "not in may|both in x"),
    (lambda: minimal_adjustment_set(GRAPH, "x", "y", must="c", may="m"), "not in may"),
    (lambda: is_adjustment_set(GRAPH, "x", "y", "y"), "both in y and in z"),
    (lambda: explain_adjustment(GRAPH, "x", "y", ["c", "q"]), "no node 'q'"),
    (lambda: minimum_adjustment_set(GRAPH, "x", "y", costs={"c": 0}), "cost of 'c' is 0"),
    (lambda: minimum_adjustment_set(GRAPH, "x", "y", costs={"c": -1.0}), "cost of 'c'"),
    (lambda: minimum_adjustment_set(GRAPH, "x", "y", costs={"c": float("nan")}), "cost of 'c'"),
    (lambda: minimum_adjustment_set(GRAPH, "x", "y", costs={"q": 1}), "no node 'q'"),
    (lambda: minimum_separator(GRAPH, "h", "y", costs={"c": True}), "cost of 'c'"),
    (lambda: optimal_adjustment_set(GRAPH, "x", ()), "No node was given as y"),
    (lambda: is_front_door_set(GRAPH, "x", "y", "y"), "both in y"),
    (lambda: front_door_sets(GRAPH, "x", "h"), "latent"),
    (lambda: instruments(GRAPH, "x", "x"), "both in x and in y"),
    (lambda: is_instrument(GRAPH, "x", "y", ["c"]), "One node's name is wanted as z"),  # type: ignore[arg-type]
    (lambda: is_instrument(GRAPH, "x", "y", "c", "c"), "both in z and in given"),
    (lambda: controlled_direct_adjustment_set(GRAPH, "x", "y", "x"), "overlap|both"),
    (lambda: minimal_direct_effect_set(GRAPH, "x", "h"), "latent"),
    (lambda: paths(GRAPH, "x", "q"), "no node 'q'"),
    (lambda: causal_paths(GRAPH, "x", "y", given="y"), "both in y and in given"),
    (lambda: pair_separators(GRAPH)["x", "m"], "adjacent"),
    (lambda: pair_separators(GRAPH)["x", "h"], "latent"),
    (lambda: pair_separators(GRAPH)["x", "x"], "Two different nodes"),
]


@pytest.mark.parametrize("ask, words", MISTAKES)
def test_mistakes_are_told_when_the_question_is_asked(
    ask: Callable[[], object], words: str
) -> None:
    with pytest.raises(GraphError, match=words) as caught:
        ask()
    assert "Hint:" in str(caught.value)


def test_the_empty_set_is_an_answer_and_none_is_another() -> None:
    assert minimal_separator(Graph("a -> c <- b"), "a", "b") == ()
    assert list(minimal_separators(Graph("a -> c <- b"), "a", "b")) == [()]
    hidden = Graph("a <- h -> b", latent="h")
    assert minimal_separator(hidden, "a", "b") is None
    assert list(minimal_separators(hidden, "a", "b")) == []
    assert minimum_separator(hidden, "a", "b") is None
    assert list(pair_separators(hidden)) == [("a", "b", None)]


def test_a_shortest_open_path_is_a_path_though_a_descendant_opens_it() -> None:
    graph = Graph("a -> c <- b; c -> d -> e")
    path = shortest_open_path(graph, "a", "b", given="e")
    assert path is not None
    assert str(path) == "a -> c <- b"
    assert path.waypoints[0].why == "c is a collider, opened by its descendant e"
    assert shortest_open_path(graph, "a", "b") is None


def ladder(rungs: int) -> Graph:
    """A graph with 2 ** rungs minimal separators of its ends."""
    arrows = [("s", f"a{k}") for k in range(rungs)]
    arrows += [(f"a{k}", f"b{k}") for k in range(rungs)]
    arrows += [(f"b{k}", "t") for k in range(rungs)]
    return Graph(arrows)


def test_lists_are_lazy_and_complete() -> None:
    assert len(list(minimal_separators(ladder(8), "s", "t"))) == 2**8
    first = list(islice(minimal_separators(ladder(200), "s", "t"), 50))
    assert len(set(first)) == 50
    assert len(list(islice(front_door_sets(Graph("x -> m -> y; x <-> y"), "x", "y"), 5))) == 1
    wide = Graph([("x", "m"), ("m", "y"), *(("m", f"d{k}") for k in range(300))])
    assert len(list(islice(front_door_sets(wide, "x", "y"), 20))) == 20
    grid = Graph([(f"p{k}", f"p{j}") for k in range(60) for j in range(k + 1, 60)])
    assert len(list(islice(paths(grid, "p0", "p59"), 100))) == 100
    assert len(list(islice(causal_paths(grid, "p0", "p59"), 100))) == 100


def test_long_chains_do_not_exhaust_the_stack() -> None:
    size = 3000
    chain = Graph([(f"n{k}", f"n{k + 1}") for k in range(size)])
    assert minimal_separator(chain, "n0", f"n{size}") == ("n1",)
    assert len(list(islice(minimal_separators(chain, "n0", f"n{size}"), 10))) == 10
    assert len(minimum_separator(chain, "n0", f"n{size}") or ()) == 1
    (path,) = causal_paths(chain, "n0", f"n{size}")
    assert len(path.nodes) == size + 1


def test_a_star_with_many_parents_stays_linear() -> None:
    # Marrying 3000 parents would make four million edges.
    star = Graph([*((f"p{k}", "hub") for k in range(3000)), ("hub", "end"), ("x", "p0")])
    assert list(islice(minimal_separators(star, "x", "end"), 3)) == [("p0",), ("hub",)]
    assert minimum_separator(star, "x", "end") == ("hub",)


def test_a_large_batch_gives_what_single_calls_give() -> None:
    arrows = [(f"n{k}", f"n{(k * 7 + j * 13 + 1) % 210}") for k in range(210) for j in (1, 2)]
    forward = {(min(a, b, key=_number), max(a, b, key=_number)) for a, b in arrows if a != b}
    graph = Graph(
        sorted(forward), nodes=[f"n{k}" for k in range(210)],
        bidirected=[("n5", "n100"), ("n100", "n150")], latent=["n3", "n40"],
    )  # fmt: skip
    found = pair_separators(graph)
    listed = list(found)
    assert len(found) == len(listed)
    for one, other, separator in listed[::97]:
        assert minimal_separator(graph, one, other) == separator
        assert found[other, one] == separator


def test_all_pairs_of_small_graphs_are_parted_as_single_calls_part_them() -> None:
    rng = np.random.default_rng(20260103)
    tried = 0
    for _ in range(150):
        size = int(rng.integers(1, 10))
        graph = random_graph(rng, size, rng.uniform(0.5, 4), rng.uniform(0, 2), 0.2)
        may = [node for node in graph.nodes if rng.random() < 0.7]
        for allowed in (None, may):
            for one, other, separator in pair_separators(graph, allowed):
                assert separator == minimal_separator(graph, one, other, may=allowed)
                tried += 1
    assert tried > 1000
    assert list(pair_separators(Graph())) == list(pair_separators(Graph(nodes=["a"]))) == []


def test_many_questions_at_once_are_answered_as_one_by_one() -> None:
    rng = np.random.default_rng(20260107)
    answers: list[bool] = []
    for _ in range(150):
        size = int(rng.integers(2, 10))
        graph = random_graph(rng, size, rng.uniform(0.5, 4), rng.uniform(0, 2))
        asked = []
        for _ in range(12):
            x, y, *rest = rng.permutation(graph.nodes).tolist()
            given = [node for node in rest if rng.random() < 0.4]
            more = [node for node in rest if node not in given and rng.random() < 0.1]
            asked.append(([x, *more], y, given))
        found = separated_each(graph, asked)
        assert found == [separated(graph, *question) for question in asked]
        answers += found
    assert 0.1 < sum(answers) / len(answers) < 0.9
    chain = Graph(" -> ".join(f"v{k}" for k in range(40)))
    assert all(separated_each(chain, [("v0", "v39", f"v{k % 38 + 1}") for k in range(3000)]))
    assert separated_each(chain, []) == []
    with pytest.raises(GraphError, match="no node 'q'"):
        separated_each(chain, [("v0", "v2", ()), ("v0", "q", ())])


def _number(name: str) -> int:
    return int(name[1:])


PROGRAM = """
from causalsim import Graph
from causalsim.graph.effects.adjustment import *
from causalsim.graph.effects.frontdoor import *
from causalsim.graph.effects.instruments import instruments
from causalsim.graph.effects.optimal import *
from causalsim.graph.separation.separators import *
g = Graph("a -> {x b}; b -> y; c -> {x d}; d -> {y b}; x -> {m n} -> y; c <-> b; z -> x <-> z")
print(list(minimal_adjustment_sets(g, "x", "y")), minimum_adjustment_set(g, "x", "y"))
print(explain_optimality(g, "x", "y"), explain_adjustment(g, "x", "y", ["d", "n", "m"]))
print(list(front_door_sets(g, "x", "y")), list(map(str, instruments(g, "x", "y"))))
print(list(minimal_separators(g, "a", "y")), minimal_separator(g, {"a", "c"}, "y"))
"""


def test_nothing_depends_on_the_hash_seed() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
    assert "None" not in outputs.pop()
