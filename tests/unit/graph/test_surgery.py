"""Surgery on the figures of the papers that defined it."""

import pytest

from causalsim import Graph
from causalsim.errors.base import CausalsimError
from causalsim.errors.surgery import SurgeryError
from causalsim.graph.separation.criterion import separated
from causalsim.graph.separation.moral import moral_edges
from causalsim.graph.surgery import (
    canonical,
    do,
    induced,
    latent_projection,
    transitive_closure,
    transitive_reduction,
    without_arrows,
)
from causalsim.graph.worlds import parallel_worlds, swig, twin


@pytest.mark.parametrize(
    ("text", "projected"),
    [
        ("x -> y", "x -> y"),
        ("x <- u -> y; u [latent]", "x <-> y"),
        ("x -> u -> y; u [latent]", "x -> y"),
        ("x -> u <- y; u [latent]", "x; y"),
        ("u -> {a b c}; u [latent]", "a <-> b; a <-> c; b <-> c"),
        ("u -> v -> {a b}; u -> c; {u v} [latent]", "a <-> b; a <-> c; b <-> c"),
        ("a <-> u -> b; u [latent]", "a <-> b"),
        ("u <-> v; u -> a; v -> b; {u v} [latent]", "a <-> b"),
        ("a <-> u -> a; u [latent]", "a"),
        ("a -> u; u -> b; u -> c; u [latent]", "a -> b; a -> c; b <-> c"),
        ("u [latent]", ""),
        # Verma's graph with its hidden cause drawn (Verma and Pearl 1990, figure 1).
        ("a -> b -> c -> d; b <- u -> d; u [latent]", "a -> b -> c -> d; b <-> d"),
    ],
)
def test_projection(text: str, projected: str) -> None:
    assert latent_projection(Graph(text)) == Graph(projected)


def test_projection_keeps_roles_and_places() -> None:
    graph = Graph(
        "x <- u -> y",
        latent="u",
        exposures="x",
        outcomes="y",
        adjusted="u",
        positions=[("x", (0, 0)), ("u", (1, 1))],
    )
    found = latent_projection(graph)
    assert (found.exposures, found.outcomes, found.adjusted) == (("x",), ("y",), ())
    assert found.positions == (("x", (0, 0)),)
    assert latent_projection(found) is found


def test_projection_of_a_long_chain_of_hidden_nodes_takes_no_recursion() -> None:
    size = 20_000
    arrows = [(f"v{n}", f"v{n + 1}") for n in range(size)]
    graph = Graph(arrows, latent=[f"v{n}" for n in range(1, size)])
    assert latent_projection(graph) == Graph([("v0", f"v{size}")])


def test_cutting_the_front_door_graph() -> None:
    graph = Graph("x -> z -> y; x <-> y")
    assert without_arrows(graph, into="z") == Graph("z -> y; x <-> y")
    assert without_arrows(graph, out_of="x") == Graph("x; z -> y; x <-> y")
    assert do(graph, "x") == Graph("x -> z -> y")
    assert induced(graph, ["x", "y"]) == Graph("x <-> y")


def test_fresh_names_avoid_the_names_there_are() -> None:
    graph = Graph([("U[a,b]", "a")], bidirected=[("a", "b")])
    assert canonical(graph).latent == ("U[a,b]'",)
    assert "U[y]'" in twin(Graph([("x", "y"), ("U[y]", "y")]), {"x": 1}).nodes


def test_moral_graph_joins_districts_and_their_parents() -> None:
    graph = Graph("{a b c d} ; a -> b <-> c <- d")
    assert set(moral_edges(graph)) == {
        ("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d"),
    }  # fmt: skip


def test_closure_and_reduction_of_the_diamond() -> None:
    graph = Graph("a -> {b c} -> d; a -> d; b <-> c")
    assert transitive_reduction(graph) == Graph("a -> {b c} -> d; b <-> c")
    assert transitive_closure(transitive_reduction(graph)) == graph


def test_swig_of_sequential_treatments() -> None:
    # Richardson and Robins (2013), figure 12: A, then L, then B, then Y, with hidden U.
    graph = Graph("A -> L <- U -> Y; L -> B -> Y; A -> Y; A -> B", latent="U")
    split = swig(graph, ["A", "B"])
    assert split.nodes == ("A", "a", "L(a)", "U", "Y(a,b)", "B(a)", "b")
    assert split.adjusted == ("a", "b")
    assert split.latent == ("U",)
    assert separated(split, "Y(a,b)", "B(a)", ["L(a)", "A", "a", "b"])
    assert separated(split, "Y(a,b)", "A", ["a", "b"])
    assert not separated(split, "Y(a,b)", "B(a)", ["A", "a", "b"])


def test_swig_labels_are_minimal_and_say_values() -> None:
    split = swig(Graph("x -> y -> z; w; t -> w"), {"x": 1, "y": "low"})
    assert split.nodes == ("x", "x=1", "y(x=1)", "y=low", "z(y=low)", "w", "t")
    assert split.directed == (("x=1", "y(x=1)"), ("y=low", "z(y=low)"), ("t", "w"))


def test_swig_of_lower_case_names() -> None:
    assert swig(Graph("smoking -> tar"), "smoking").nodes == (
        "smoking",
        "smoking*",
        "tar(smoking*)",
    )


def test_twin_network_of_balke_and_pearl() -> None:
    # Balke and Pearl (1994), figure 2: the party, with Ann, Bob, Carl and a scuffle.
    graph = Graph("a -> b -> s; a -> c -> s")
    joined = twin(graph, {"b": 1})
    assert joined.nodes == ("a", "b", "s", "c", "b=1", "s(b=1)", "U[s]")
    assert set(joined.directed) == {
        ("a", "b"), ("b", "s"), ("a", "c"), ("c", "s"), ("b=1", "s(b=1)"), ("c", "s(b=1)"),
        ("U[s]", "s"), ("U[s]", "s(b=1)"),
    }  # fmt: skip
    assert separated(joined, "b", "s(b=1)", ["a", "b=1"])


def test_what_no_action_reaches_is_one_node_and_equal_actions_too() -> None:
    graph = parallel_worlds(Graph("z -> x -> y; w -> y"), [{"x": 1}, {"x": 1, "z": 0}, {"w": 0}])
    # With x set, setting z changes nothing for y: one y(x=1) in both worlds.
    assert graph.nodes == ("z", "x=1", "y(x=1)", "w", "z=0", "x", "y(w=0)", "w=0", "U[y]")


def test_hidden_causes_reach_every_copy() -> None:
    graph = Graph("x -> y; x <-> y")
    assert twin(graph, {"x": 0}) == Graph(
        [("x", "y"), ("x=0", "y(x=0)"), ("U[y]", "y"), ("U[y]", "y(x=0)"),
         ("U[x,y]", "x"), ("U[x,y]", "y"), ("U[x,y]", "y(x=0)")],
        latent=["U[y]", "U[x,y]"],
    )  # fmt: skip
    assert twin(graph, {"x": 0}, explicit=False).bidirected == (
        ("y", "y(x=0)"),
        ("x", "y"),
        ("x", "y(x=0)"),
    )


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ({"q": 1}, "no node 'q'"),
        ("q", "no node 'q'"),
        (3, "values by node"),
        (None, "values by node"),
    ],
)
def test_bad_actions(action: object, error: str) -> None:
    for verb in (swig, twin):
        with pytest.raises(CausalsimError, match=error):
            verb(Graph("x -> y"), action)


def test_labels_that_are_taken_are_refused() -> None:
    with pytest.raises(SurgeryError, match="would be named 'a'"):
        swig(Graph("A -> Y; a -> Y"), "A")
    with pytest.raises(SurgeryError, match="would be named"):
        twin(Graph([("x", "y"), ("x=1", "y")]), {"x": 1})
