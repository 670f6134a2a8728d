"""networkx, pgmpy, matrices, frames and files."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import networkx
import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim.errors.base import CausalsimError
from causalsim.errors.notation import NotationError
from causalsim.graph import Graph
from causalsim.graph.notation.adjacency import (
    from_adjacency,
    from_adjacency_frame,
    to_adjacency_frame,
)
from causalsim.graph.notation.files import read, write
from causalsim.graph.notation.networks import from_networkx, to_networkx
from causalsim.graph.notation.pgmpy_models import from_pgmpy, to_pgmpy
from causalsim.graph.separation.criterion import separated

BOW = Graph("x -> y; x <-> y; y <-> z; u -> x", latent="u", exposures="x", outcomes="y")


def test_dowhy_nodes_are_latent_by_observed_no() -> None:
    network = networkx.DiGraph([("U", "x"), ("U", "y")])
    network.nodes["U"]["observed"] = "no"
    network.nodes["x"]["observed"] = "yes"
    assert from_networkx(network).latent == ("U",)


def test_bidirected_edges_may_be_marked_once_or_twice() -> None:
    network = networkx.MultiDiGraph([("x", "y")])
    network.add_edge("x", "y", bidirected=True)
    network.add_edge("y", "x", bidirected=True)
    network.add_edge("y", "z", type="bidirected")
    assert from_networkx(network) == Graph("x -> y; x <-> y; y <-> z")


def test_opposite_edges_without_a_mark_are_a_cycle() -> None:
    with pytest.raises(CausalsimError, match=r"cycle: (x -> y -> x|y -> x -> y)"):
        from_networkx(networkx.DiGraph([("x", "y"), ("y", "x")]))


def test_networkx_separates_what_we_separate() -> None:
    graph = Graph("a -> b <- c; a <-> c; b -> d; c <-> d")
    network = to_networkx(graph)
    for one, other, given in [("a", "d", "b"), ("a", "d", "c"), ("a", "d", ""), ("a", "c", "b")]:
        held = set(given)
        assert networkx.is_d_separator(network, {one}, {other}, held) == separated(
            graph, one, other, held
        )


def test_hidden_causes_get_names_of_their_own() -> None:
    graph = Graph([("x <-> y", "x")], bidirected=[("x", "y")])
    network = to_networkx(graph)
    assert list(network) == ["x <-> y", "x", "y", "x <-> y'"]
    assert from_networkx(network) == graph


@pytest.mark.parametrize(
    ("network", "what"),
    [
        (networkx.Graph([("a", "b")]), "undirected"),
        (networkx.DiGraph([(1, 2)]), "relabel_nodes"),
        (networkx.DiGraph([("", "b")]), "not empty"),
        ("a -> b", "has no is_directed"),
        (None, "has no is_directed"),
    ],
)
def test_what_is_no_network_of_names_is_refused(network: Any, what: str) -> None:
    with pytest.raises(NotationError, match=what):
        from_networkx(network)


def test_a_marked_node_that_is_no_hidden_cause_is_refused() -> None:
    network = networkx.DiGraph([("h", "x"), ("h", "y"), ("h", "z")])
    network.nodes["h"]["bidirected"] = True
    with pytest.raises(NotationError, match="It has 0 and 3"):
        from_networkx(network)


def test_a_position_that_is_no_pair_is_refused() -> None:
    network = networkx.DiGraph([("x", "y")])
    network.nodes["x"]["pos"] = "here"
    with pytest.raises(NotationError, match="position of 'x'"):
        from_networkx(network)


def test_pgmpy_is_read_without_pgmpy() -> None:
    network = networkx.DiGraph([("u", "x"), ("x", "y")])
    model = SimpleNamespace(
        is_directed=lambda: True,
        nodes=network.nodes,
        edges=network.edges,
        latents={"u"},
        exposures=["x"],
        outcomes=set(),
    )
    graph = from_pgmpy(model)
    assert graph == Graph("u -> x -> y; u [latent]")
    assert graph.exposures == ("x",)


@pytest.mark.filterwarnings("ignore")
def test_pgmpy_reads_back_and_its_own_models_are_read() -> None:
    base = pytest.importorskip("pgmpy.base")
    models = pytest.importorskip("pgmpy.models")
    model = to_pgmpy(BOW)
    assert isinstance(model, base.DAG)
    assert model.latents == {"u", "x <-> y", "y <-> z"}
    again = from_pgmpy(model)
    assert again == BOW
    assert (again.exposures, again.outcomes) == (("x",), ("y",))
    network = models.DiscreteBayesianNetwork([("a", "b")], latents={"a"})
    assert from_pgmpy(network) == Graph("a -> b; a [latent]")
    mixed = base.ADMG([("a", "b")], [("a", "b"), ("b", "c")])
    assert from_pgmpy(mixed) == Graph("a -> b; a <-> b; b <-> c")


@pytest.mark.parametrize(
    ("matrix", "graph"),
    [
        ([[0, 1], [0, 0]], "x0 -> x1"),
        (np.array([[False, False], [True, False]]), "x0; x1 -> x0"),
        (np.array([[0, -0.7], [0, 0]]), "x0 -> x1"),
        (np.array([[0, 1], [0, 0]], dtype=object), "x0 -> x1"),
        (np.zeros((0, 0)), ""),
    ],
)
def test_matrices(matrix: Any, graph: str) -> None:
    assert from_adjacency(matrix) == Graph(graph)


@pytest.mark.parametrize(
    ("matrix", "options", "what"),
    [
        ([[0, 1]], {}, "square"),
        ([0, 1], {}, "square"),
        ([[0, 1], [0]], {}, "square"),
        ([[0, float("nan")], [0, 0]], {"names": ["a", "b"]}, "row a, column b is nan"),
        ([["", "b"], ["", ""]], {}, "holds numbers"),
        ([[0, 1], [0, 0]], {"names": ["a"]}, "1 names for 2 nodes"),
        ([[0, 1], [0, 0]], {"names": ["a", "a"]}, "'a' stands twice"),
        ([[0, 1], [0, 0]], {"bidirected": [[0, 1], [0, 0]]}, "says x0 <-> x1 but not"),
        ([[0, 1], [0, 0]], {"bidirected": [[1]]}, "1 names for 2 nodes"),
        ([[1, 0], [0, 0]], {}, "edge to itself"),
        ([[0, 1], [1, 0]], {}, "cycle"),
        ([[0, 0], [0, 0]], {"bidirected": [[1, 0], [0, 0]]}, "edge to itself"),
    ],
)
def test_bad_matrices(matrix: Any, options: dict[str, Any], what: str) -> None:
    with pytest.raises(CausalsimError, match=what):
        from_adjacency(matrix, **options)


def test_frames_may_name_their_rows() -> None:
    expected = Graph("a -> b; c", latent="c")
    cells = {"a": [0, 0, 0], "b": [1, 0, 0], "c": [0, 0, 0]}
    frame = pd.DataFrame(cells, index=["a", "b", "c"])
    assert from_adjacency_frame(frame, latent="c") == expected
    named = pl.DataFrame({"node": ["a", "b", "c"], **cells})
    assert from_adjacency_frame(named, latent="c") == expected
    with pytest.raises(NotationError, match="The rows are named"):
        from_adjacency_frame(frame.set_axis(["b", "a", "c"]))
    with pytest.raises(NotationError, match="square"):
        from_adjacency_frame(pl.DataFrame({"a": [0, 1, 0], "b": [0, 0, 0]}))


def test_frames_with_hidden_causes() -> None:
    arrows = pd.DataFrame({"a": [0, 0], "b": [1, 0]})
    both = pd.DataFrame({"a": [0, 1], "b": [1, 0]})
    assert from_adjacency_frame(arrows, bidirected=both) == Graph("a -> b; a <-> b")
    with pytest.raises(NotationError, match="The rows are named"):
        from_adjacency_frame(arrows, bidirected=both[["b", "a"]])
    assert isinstance(to_adjacency_frame(BOW, pl.DataFrame()), pl.DataFrame)


@pytest.mark.parametrize(
    "suffix",
    [".dag", ".txt", ".dagitty", ".dot", ".gv", ".mmd", ".mermaid", ".gml", ".lavaan", ".GML"],
)
def test_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bow{suffix}"
    write(BOW, path)
    assert read(path) == read(str(path)) == BOW
    assert path.read_bytes().endswith(b"\n")


def test_files_with_windows_line_breaks_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "graph.dag"
    path.write_bytes(b"\xef\xbb\xbfa -> b\r\nb -> c\r\n")
    assert read(path) == Graph("a -> b -> c")


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(NotationError, match=r"did you mean '\.dot'"):
        read(tmp_path / "graph.dt")
    with pytest.raises(NotationError, match="names no notation"):
        write(BOW, tmp_path / "graph")
    with pytest.raises(OSError, match=r"graph\.dot"):
        read(tmp_path / "graph.dot")
    (tmp_path / "graph.dag").write_bytes(b"a -> \xff")
    with pytest.raises(NotationError, match="byte 5"):
        read(tmp_path / "graph.dag")
