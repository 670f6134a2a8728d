"""Random graphs for the laws."""

from hypothesis import strategies as st

from causalsim import Graph


@st.composite
def admgs(draw: st.DrawFn, max_nodes: int = 6, min_nodes: int = 2) -> Graph:
    """A graph whose arrows follow a random order and whose node order is another."""
    count = draw(st.integers(min_nodes, max_nodes))
    names = [f"v{i}" for i in range(count)]
    order = draw(st.permutations(names))
    pairs = [(order[i], order[j]) for i in range(count) for j in range(i + 1, count)]
    arrows = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    shared = draw(st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs)))
    return Graph(
        [pair for pair, kept in zip(pairs, arrows, strict=True) if kept],
        nodes=names,
        bidirected=[pair for pair, kept in zip(pairs, shared, strict=True) if kept == 3],
    )
