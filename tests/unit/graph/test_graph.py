"""Graph: what it reads, what it answers, what it refuses."""

from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from causalsim import Graph
from causalsim.errors import CausalsimError, GraphError
from causalsim.graph.equivalence import CPDAG
from causalsim.graph.graph import Names

FRONT_DOOR = Graph("smoking -> tar -> cancer; smoking <-> cancer")


def test_families() -> None:
    assert FRONT_DOOR.nodes == ("smoking", "tar", "cancer")
    assert FRONT_DOOR.parents("cancer") == ("tar",)
    assert FRONT_DOOR.children("smoking") == ("tar",)
    assert FRONT_DOOR.siblings("smoking") == ("cancer",)
    assert FRONT_DOOR.descendants("tar") == ("tar", "cancer")
    assert FRONT_DOOR.district("smoking") == ("smoking", "cancer")
    assert FRONT_DOOR.order() == ("smoking", "tar", "cancer")
    assert len(FRONT_DOOR) == 3
    assert "tar" in FRONT_DOOR
    assert list(FRONT_DOOR) == ["smoking", "tar", "cancer"]


@pytest.mark.parametrize(
    ("nodes", "ancestors"),
    [("m", ("z", "x", "m")), (("x", "y"), ("z", "x", "m", "y")), ((), ())],
)
def test_ancestors_of_one_several_or_none(nodes: Names, ancestors: tuple[str, ...]) -> None:
    assert Graph("z -> x -> m -> y").ancestors(nodes) == ancestors


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a -> b -> c", "b -> c; a -> b"),
        ("a <- b", "b -> a"),
        ("a <-> b", "b <-> a"),
        ("{a b} -> c", "a -> c\nb -> c # both"),
        ("a → b ↔ c", "a -> b; b <-> c"),
        ('"blood pressure" -> x', '"blood pressure" -> "x"'),
        ("a; b", "b\n\n;a"),
    ],
)
def test_order_and_writing_do_not_matter_to_equality(text: str, same: str) -> None:
    assert Graph(text) == Graph(same)
    assert hash(Graph(text)) == hash(Graph(same))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a -> b", "b -> a"),
        ("a -> b", "a <-> b"),
        ("a -> b", "a -> b; c"),
        ("u -> a", "u -> a; u [latent]"),
    ],
)
def test_different_graphs_differ(one: str, other: str) -> None:
    assert Graph(one) != Graph(other)


def test_attributes_of_nodes() -> None:
    graph = Graph('u -> x; u [latent, pos="1,-2.5"]; x [exposure]', outcomes="x", latent=())
    assert graph.latent == ("u",)
    assert graph.observed == ("x",)
    assert graph.exposures == graph.outcomes == ("x",)
    assert graph.positions == (("u", (1.0, -2.5)),)


def test_edges_instead_of_text() -> None:
    graph = Graph([("a", "b"), "b <-> c"], nodes=["z"], bidirected=[("a", "c")], latent="z")
    assert graph == Graph("z [latent]; a -> b; b <-> c; a <-> c")
    assert graph.nodes[0] == "z"


def test_text_reads_back() -> None:
    assert Graph(str(FRONT_DOOR)) == FRONT_DOOR


def test_reading_a_file(tmp_path: Path) -> None:
    path = tmp_path / "smoking.dag"
    path.write_text(str(FRONT_DOOR))
    assert Graph.read(path) == FRONT_DOOR


@pytest.mark.parametrize(
    ("source", "found", "hint"),
    [
        ("a -> b -> c -> a", "cycle: ", "one name per time"),
        ("a -> a", "edge to itself", "a_1 -> a_2"),
        ("a -> b; a -> b", "written twice", "once"),
        ("a <-> b; b <-> a", "written twice", "once"),
        ("a -- b", "found a -- b", "CPDAG"),
        ("a o-> b", "found a o-> b", "PAG"),
        ("a ->", "Line 1, column 5", "write arrows"),
        ("a -> b\nc d", "Line 2, column 3", "write arrows"),
        ("{a b", "Line 1, column 5", "write arrows"),
        ('"a -> b', "not closed", "write arrows"),
        ("a [pos=3]", "position of 'a'", "two numbers"),
        (17, "found int", "Graph("),
        ([("a", "b", "c")], "found ('a', 'b', 'c')", '"b"'),
        ([("a", 3)], "found 3", "string"),
    ],
)
def test_bad_graphs(source: str, found: str, hint: str) -> None:
    with pytest.raises(GraphError) as caught:
        Graph(source)
    assert found in str(caught.value)
    assert "Hint: " in str(caught.value)
    assert hint in caught.value.hint


def test_a_misspelt_node_is_guessed() -> None:
    with pytest.raises(CausalsimError, match="did you mean 'smoking'"):
        FRONT_DOOR.parents("smokng")


def test_a_cycle_far_from_the_first_node_is_printed() -> None:
    with pytest.raises(GraphError, match=r"c -> d -> c|d -> c -> d"):
        Graph("a -> b -> c -> d -> c; d -> e")


@pytest.mark.parametrize(
    "source",
    [
        nx.DiGraph([("a", "b")]),
        {"a": "b"},
        {("a", "b")},
        frozenset([("a", "b")]),
        CPDAG("a -- b"),
        pd.DataFrame({"a": [0, 1], "b": [0, 0]}),
        3,
    ],
)
def test_nothing_that_hides_its_edges_is_taken_for_a_list_of_them(source: object) -> None:
    with pytest.raises(GraphError, match="from a list of edges; found") as caught:
        Graph(source)  # type: ignore[arg-type]
    assert "from_networkx" in str(caught.value)


def test_a_graph_made_from_a_graph_keeps_what_is_marked() -> None:
    text = 'u -> x -> y <- u; x <-> y; u [latent]; x [exposure, pos="1,2.5"]; y [outcome]'
    graph = Graph(text)
    again = Graph(graph)
    assert again == graph
    assert (again.nodes, again.exposures, again.outcomes) == (graph.nodes, ("x",), ("y",))
    assert again.positions == graph.positions == (("x", (1.0, 2.5)),)
    assert Graph(graph, latent="x").latent == ("u", "x")
    assert Graph(graph, bidirected=[("u", "y")]).bidirected == (("x", "y"), ("u", "y"))
