"""Laws of the layout: no edge through a node, no node over a node, names inside their nodes."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim.graph import Graph
from causalsim.graph.drawing import Diagram, Direction, Edge, Mark, arrange, to_svg
from causalsim.graph.drawing.corridors import taut
from causalsim.graph.drawing.crossings import crossings, uncrossed
from causalsim.graph.drawing.layers import layered
from tests.oracles.pictures import edges, nodes, random_diagram

DIRECTIONS = st.sampled_from(Direction)


def assert_readable(svg: str, least: float) -> None:
    """Every edge keeps ``least`` pixels from every node that is not its end; no nodes overlap."""
    found = nodes(svg)
    for start, end, points in edges(svg):
        for name, node in found.items():
            if name in (start, end):
                continue
            for x, y in points:
                outside = max(node.left - x, x - node.right, node.top - y, y - node.bottom)
                assert outside >= least, f"{start} to {end} comes within {outside:.1f} of {name}"
    for (one, a), (other, b) in combinations(found.items(), 2):
        apart = max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom)
        assert apart >= 10, f"{one} and {other} are {apart:.1f} apart"
    for name, node in found.items():
        for x, baseline, length in node.lines:
            assert node.left + 6 <= x - length / 2, name
            assert x + length / 2 <= node.right - 6, name
            assert node.top + 6 <= baseline - 10, name
            assert baseline <= node.bottom - 6, name


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(1, 40),
    density=st.floats(0.0, 2.2),
    arcs=st.integers(0, 12),
    seed=st.integers(0, 10**6),
    direction=DIRECTIONS,
)
def test_no_edge_passes_through_a_node(
    size: int, density: float, arcs: int, seed: int, direction: Direction
) -> None:
    diagram = random_diagram(size, int(size * density), arcs, seed)
    assert_readable(to_svg(diagram, direction=direction), least=3.0)


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 16),
    density=st.floats(0.0, 1.6),
    arcs=st.integers(0, 5),
    seed=st.integers(0, 10**6),
)
def test_no_edge_passes_through_a_node_at_given_positions(
    size: int, density: float, arcs: int, seed: int
) -> None:
    diagram = random_diagram(size, int(size * density), arcs, seed, placed=True)
    assert_readable(to_svg(diagram), least=0.5)


@pytest.mark.slow
@pytest.mark.parametrize("placed", [False, True])
def test_no_edge_passes_through_a_node_in_many_graphs(placed: bool) -> None:
    for seed in range(1500):
        size = 1 + seed % 40
        diagram = random_diagram(size, seed % (2 * size + 1), seed % 13, seed, placed)
        assert_readable(to_svg(diagram, direction=list(Direction)[seed % 2]), 0.5 if placed else 3)


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 25), seed=st.integers(0, 10**6), direction=DIRECTIONS)
def test_every_arrow_points_along_the_direction(size: int, seed: int, direction: Direction) -> None:
    names = tuple(f"v{number}" for number in range(size))
    pairs = [(a, b) for a, b in combinations(names, 2) if hash_free(seed, a, b) % 100 < 12]
    found = arrange(Diagram(names, tuple(Edge(a, b) for a, b in pairs)), direction)
    place = {
        name: box.x if direction is Direction.RIGHT else box.y
        for name, box in zip(names, found.boxes, strict=True)
    }
    assert all(place[a] < place[b] for a, b in pairs)


def hash_free(seed: int, a: str, b: str) -> int:
    """A number that looks random and does not depend on PYTHONHASHSEED."""
    return (seed * 7919 + int(a[1:]) * 104729 + int(b[1:]) * 1299709) % 1009


@pytest.mark.parametrize(
    ("text", "aligned"),
    [
        ("a -> b -> c -> d", "abcd"),
        ("x -> m -> y; x <-> y", "xmy"),
        ("z -> x -> y; x <-> y", "zxy"),
        ("w -> r -> x -> y; w <-> x; w <-> y", "wrxy"),
    ],
    ids=["chain", "front door", "instrument", "napkin"],
)
def test_textbook_graphs_stand_on_one_line(text: str, aligned: str) -> None:
    graph = Graph(text)
    found = arrange(graph)
    heights = {found.boxes[graph.nodes.index(name)].y for name in aligned}
    assert max(heights) - min(heights) < 0.05


@pytest.mark.parametrize(
    ("text", "fewest"),
    [
        # K(2,2) and a swapped pair can be drawn without a crossing.
        ("a -> d; b -> c; a -> c", 0),
        ("a -> f; b -> e; c -> d", 0),
        ("a -> x; a -> y; b -> y; b -> z; c -> z; c -> w; d -> w", 0),
        # K(3,3) in two layers needs nine (Warfield 1977: product of two binomials).
        ("a -> x; a -> y; a -> z; b -> x; b -> y; b -> z; c -> x; c -> y; c -> z", 9),
    ],
)
def test_crossings_are_as_few_as_possible(text: str, fewest: int) -> None:
    layers = layered(Diagram.of(Graph(text)))
    assert crossings(uncrossed(layers), layers) == fewest


def test_long_edges_are_split_where_they_pass_a_layer() -> None:
    layers = layered(Diagram.of(Graph("a -> b -> c -> d; a -> d")))
    assert layers.ranks[:4] == [0, 1, 2, 3]
    assert [len(chain) for chain in layers.chains] == [2, 2, 2, 4]


def test_a_source_stands_near_its_effect() -> None:
    layers = layered(Diagram.of(Graph("a -> b -> c -> d; z -> d")))
    assert layers.ranks[4] == 2


def test_a_cycle_and_undirected_edges_are_laid_out_all_the_same() -> None:
    around = Diagram(("a", "b", "c"), (Edge("a", "b"), Edge("b", "c"), Edge("c", "a")))
    assert len(arrange(around).curves) == 3
    loose = Diagram(("a", "b", "c"), (Edge("b", "a", Mark.TAIL, Mark.TAIL), Edge("c", "b")))
    assert layered(loose).ranks == [0, 1, 0]


def test_the_taut_string_bends_only_at_gates() -> None:
    assert taut((0, 0), [(1, -1, 1), (2, -1, 1)], (3, 0)) == [(0, 0), (3, 0)]
    assert taut((0, 0), [(1, -9, -2), (2, 2, 9)], (3, 0)) == [(0, 0), (1, -2), (2, 2), (3, 0)]
    # The line from start to end would pass the first gate at 1, below its lower bound.
    assert taut((0, 0), [(1, 1.5, 9)], (2, 2)) == [(0, 0), (1, 1.5), (2, 2)]


def test_given_positions_keep_their_proportions() -> None:
    where = {"a": (0.0, 0.0), "b": (1.0, 0.0), "c": (0.5, 2.0)}
    diagram = Diagram(("a", "b", "c"), (Edge("a", "b"), Edge("b", "c")), (), tuple(where.items()))
    a, b, c = arrange(diagram, Direction.DOWN).boxes
    assert (b.y - a.y, c.x - a.x) == pytest.approx((0.0, (b.x - a.x) / 2))
    assert c.y - a.y == pytest.approx(2 * (b.x - a.x))


def test_nodes_at_the_same_place_are_pushed_apart() -> None:
    where = tuple((name, (0.3, 0.3)) for name in "abcd")
    svg = to_svg(Diagram(tuple("abcd"), (Edge("a", "d"),), (), where))
    assert_readable(svg, least=0.0)


def test_nodes_without_a_position_join_their_neighbours() -> None:
    where = (("a", (0.0, 0.0)), ("c", (4.0, 0.0)), ("d", (float("nan"), 1.0)))
    names = ("a", "b", "c", "d")
    found = arrange(Diagram(names, (Edge("a", "b"), Edge("b", "c")), (), where))
    a, b, c, _ = found.boxes
    assert b.x == pytest.approx((a.x + c.x) / 2, abs=30)


@pytest.mark.parametrize("size", [0, 1])
def test_small_graphs_have_a_picture(size: int) -> None:
    names = tuple("a"[:size])
    assert len(arrange(Diagram(names)).boxes) == size
    assert to_svg(Diagram(names)).endswith("</svg>\n")


def test_many_isolated_nodes_stand_in_rows() -> None:
    found = arrange(Diagram(tuple(f"n{number}" for number in range(30))))
    assert 3 <= len({box.y for box in found.boxes}) <= 15
