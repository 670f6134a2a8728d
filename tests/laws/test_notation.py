"""Whatever is written reads back, and no text makes a parser hang or fail in an unknown way."""

from collections.abc import Callable

import networkx
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from causalsim.errors.base import CausalsimError
from causalsim.errors.notation import NotationError
from causalsim.graph import Graph
from causalsim.graph.notation.adjacency import (
    from_adjacency,
    from_adjacency_frame,
    to_adjacency,
    to_adjacency_frame,
)
from causalsim.graph.notation.dagitty import from_dagitty, to_dagitty
from causalsim.graph.notation.dot import from_dot, to_dot
from causalsim.graph.notation.files import from_arrows, read, to_arrows, write
from causalsim.graph.notation.gml import from_gml, to_gml
from causalsim.graph.notation.lavaan import from_lavaan, to_lavaan
from causalsim.graph.notation.mermaid import from_mermaid, to_mermaid
from causalsim.graph.notation.networks import from_networkx, to_networkx
from tests.oracles.fuse import no_hang

FEW = settings(max_examples=150, deadline=None)
READERS: dict[str, Callable[[str], Graph]] = {
    "arrows": from_arrows,
    "dagitty": from_dagitty,
    "dot": from_dot,
    "mermaid": from_mermaid,
    "gml": from_gml,
    "lavaan": from_lavaan,
}
WRITERS: dict[str, Callable[[Graph], str]] = {
    "arrows": to_arrows,
    "dagitty": to_dagitty,
    "dot": to_dot,
    "mermaid": to_mermaid,
    "gml": to_gml,
    "lavaan": to_lavaan,
}
#: Words that mean something somewhere, signs that end something somewhere.
TRAPS = (
    "end", "graph", "node", "subgraph", "dag", "class", "default", "strict", "1", "-1", "1.5", "o",
    "x", "NA", "c", "a b", "a-b", "a.b", '"', "\\", "a\\", '\\"', "\n", "\\n", "a\nb", "#", "#35;",
    "&amp;", "&", "a;b", "é", "日本", "[a]", "a[b]", "{", "}", "<b>", "a->b", "a <-> b", "%%", "//",
    "/*", " ", "  a ", "'", "\t", "\r", "\u2028", "n0", "n1", "bb", ":", "a:b", "+", "|", "=", "~",
)  # fmt: skip
plain_names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,3}", fullmatch=True)
any_names = st.sampled_from(TRAPS) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=4)
coordinates = st.floats(-1e6, 1e6, allow_nan=False) | st.integers(-5, 5).map(float)


@st.composite
def graphs(draw: st.DrawFn, names: st.SearchStrategy[str]) -> Graph:
    """A graph with everything that a notation may have to hold."""
    nodes = draw(st.lists(names, unique=True, max_size=6))
    pairs = [(a, b) for place, a in enumerate(nodes) for b in nodes[place + 1 :]]
    some = st.lists(st.sampled_from(nodes), unique=True) if nodes else st.just([])
    chosen = st.lists(st.sampled_from(pairs), unique=True) if pairs else st.just([])
    order = draw(st.permutations(nodes))
    placed = draw(some)
    return Graph(
        draw(chosen),
        nodes=order,
        bidirected=draw(chosen),
        latent=draw(some),
        exposures=draw(some),
        outcomes=draw(some),
        adjusted=draw(some),
        positions=[(node, (draw(coordinates), draw(coordinates))) for node in placed],
    )


def everything(graph: Graph) -> tuple[object, ...]:
    """Nodes in order, roles, and places."""
    return (
        graph.nodes,
        graph.latent,
        graph.exposures,
        graph.outcomes,
        graph.adjusted,
        graph.positions,
    )


@pytest.mark.parametrize("notation", ["arrows", "dagitty", "dot", "gml"])
@FEW
@given(graph=graphs(any_names))
def test_what_is_written_reads_back_with_order_roles_and_positions(
    notation: str, graph: Graph
) -> None:
    odd = any("\\" in node or min(node) < " " or "\x7f" in node for node in graph.nodes)
    try:
        text = WRITERS[notation](graph)
    except NotationError:
        refused = True
    else:
        refused = False
    assert not refused or (odd and notation in ("dagitty", "dot"))
    assume(not refused)
    again = READERS[notation](text)
    assert again == graph
    assert everything(again) == everything(graph)
    assert again.directed == graph.directed


@pytest.mark.parametrize("notation", ["dagitty", "dot", "lavaan"])
@FEW
@given(graph=graphs(plain_names))
def test_no_plain_name_is_refused(notation: str, graph: Graph) -> None:
    lone_latent = len(graph) == 1 and graph.latent
    assume(notation != "lavaan" or not lone_latent)
    assert READERS[notation](WRITERS[notation](graph)) == graph


@FEW
@given(graphs(any_names))
def test_mermaid_reads_back_but_for_positions(graph: Graph) -> None:
    again = from_mermaid(to_mermaid(graph))
    assert again == graph
    assert everything(again)[:-1] == everything(graph)[:-1]


@FEW
@given(graphs(any_names))
def test_networkx_reads_back(graph: Graph) -> None:
    network = to_networkx(graph)
    again = from_networkx(network)
    assert again == graph
    assert everything(again) == everything(graph)
    assert networkx.is_directed_acyclic_graph(network)


@FEW
@given(graphs(plain_names))
def test_networkx_reads_our_gml(graph: Graph) -> None:
    assume(len(graph) > 0)
    network = networkx.parse_gml(to_gml(graph))
    assert from_networkx(network) == graph


@FEW
@given(graphs(any_names))
def test_matrices_read_back(graph: Graph) -> None:
    arrows, both = to_adjacency(graph)
    again = from_adjacency(arrows, graph.nodes, bidirected=both, latent=graph.latent)
    assert again == graph
    assert again.nodes == graph.nodes


@pytest.mark.parametrize("like", [pd.DataFrame(), pl.DataFrame()], ids=["pandas", "polars"])
@settings(max_examples=30, deadline=None)
@given(graph=graphs(any_names))
def test_frames_read_back(like: object, graph: Graph) -> None:
    assume(len(graph) > 0)
    frame = to_adjacency_frame(graph, like)
    assert isinstance(frame, type(like))
    again = from_adjacency_frame(frame)
    assert again.nodes == graph.nodes
    assert set(again.directed) == set(graph.directed)


@settings(max_examples=30, deadline=None)
@given(
    graph=graphs(plain_names),
    suffix=st.sampled_from((".dag", ".txt", ".dagitty", ".dot", ".gv", ".mmd", ".gml")),
)
def test_files_read_back(
    tmp_path_factory: pytest.TempPathFactory, graph: Graph, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"graph{suffix}"
    write(graph, path)
    assert read(path) == graph


def words(text: str) -> tuple[str, ...]:
    """The words of a text, in which ``_`` is a blank, ``^`` a line break and ``¤`` a NUL."""
    signs = {ord("_"): " ", ord("^"): "\n", ord("¤"): "\x00"}
    return tuple(word.translate(signs) for word in text.split())


#: Pieces that a random text of a notation is made of, so that a fuzzer gets past the first word.
PIECES = words(
    """
    dag pag digraph graph strict flowchart LR subgraph end node edge class latent [ ] { } ( ) (( <
    > -> <- <-> -- @-> --> <--> -.-> ==> --- ~ ~~ =~ <~ := + * 0 1 1e9 -1 . , ; : ::: a b c o x
    "a_b" " ' \\ \\n ^ # %% // /* */ ! = dir=both pos="1,2" observed=no | & @{ id label source
    target directed start( é → ↔ ¤
    """
)


@pytest.mark.parametrize("notation", list(READERS))
@settings(max_examples=400, deadline=None)
@given(
    opening=st.sampled_from(("", "dag {", "digraph {", "flowchart LR\n", "graph [", "a ~ ")),
    pieces=st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=25),
    space=st.sampled_from(("", " ")),
)
def test_any_text_is_a_graph_or_an_error_of_ours(
    notation: str, opening: str, pieces: list[str], space: str
) -> None:
    try:
        found = READERS[notation](space.join([opening, *pieces]))
    except CausalsimError:
        return
    assert isinstance(found, Graph)


LONG = 100_000
#: Long enough to tell, and quick; the full length is the slow one.
LENGTHS = (20_000, pytest.param(LONG, marks=pytest.mark.slow))
OPENINGS = {
    "arrows": ("", "a -> ", "a [", '"', "{", "a [x"),
    "dagitty": ("", "dag {", "dag { a [", 'dag { "', "dag { {", "dag { a ->", "/*"),
    "dot": ("", "digraph {", "digraph { a [", 'digraph { "', "digraph { a -> {", "digraph { a:"),
    "mermaid": ("", "flowchart LR\n", "graph TD; a --", "graph TD; a[", "graph TD; class a"),
    "gml": ("", "graph [", 'graph [ node [ id "', "graph [ x "),
    "lavaan": ("", "y ~ ", "y ~ c(", "y := ", "y ~ x +"),
}  # fmt: skip
#: What is repeated up to 10^5 characters.
REPEATED = words(
    """
    a _ ^ - -> < { } [ ] ( " \\ \\" a_ _a a; a^ /* */ # %% %%^ a- -a --a a-> a_-->_ --_a_ = ==a
    -. & a& a_&_ |_ a| :::a a, , a_[x]_ [a a= x_ 1 1_ + a+ a_+^ *a 0* ~ a~ a_~_b^ a_->_b_ ' . ._
    {a_b}_->_ @ a@ ~~~ é c( <b> "a"_+_ #_a^ ; end^ subgraph_a^ class_a_b^ &#1;
    """
)


def failure(reader: Callable[[str], Graph], text: str) -> str:
    """What a reader says against a text, or nothing."""
    try:
        reader(text)
    except CausalsimError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("notation", list(READERS))
def test_a_hundred_thousand_signs_never_hang(notation: str, length: int) -> None:
    # A quadratic pattern takes minutes on any one of these; a linear one a fraction of a second.
    for opening in OPENINGS[notation]:
        for piece in REPEATED:
            text = opening + piece * (length // len(piece))
            with no_hang():
                assert len(failure(READERS[notation], text)) < 2_000, (opening, piece)


@pytest.mark.parametrize("notation", list(READERS))
def test_noise_never_hangs(notation: str) -> None:
    random = np.random.default_rng(7)
    for opening in OPENINGS[notation]:
        picked = random.choice(len(PIECES), LONG // 4)
        text = opening + " ".join(PIECES[place] for place in picked)
        with no_hang(), pytest.raises(CausalsimError):
            READERS[notation](text)


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        ("arrows", "{%s} -> {%s}"),
        ("dagitty", "dag { {%s} -> {%s} }"),
        ("dot", "digraph { {%s} -> {%s} }"),
        ("mermaid", "flowchart LR\n %s --> %s"),
        ("lavaan", "%s ~ %s"),
    ],
)
def test_a_short_text_cannot_ask_for_a_billion_edges(notation: str, text: str) -> None:
    joint = {"mermaid": " & ", "lavaan": " + "}.get(notation, " ")
    left, right = (joint.join(f"{side}{place}" for place in range(8_000)) for side in "ab")
    with pytest.raises(CausalsimError, match="more than 1,000,000"):
        READERS[notation](text % (left, right))
