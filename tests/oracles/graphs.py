"""Random graphs for tests: hypothesis strategies, and the same from a seeded generator."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from causalsim import Graph

Roles = tuple[Graph, tuple[str, ...], tuple[str, ...]]


def names(size: int) -> list[str]:
    return [f"v{number}" for number in range(size)]


@st.composite
def dags(draw: st.DrawFn, min_nodes: int = 1, max_nodes: int = 7, latent: bool = False) -> Graph:
    """DAGs; nodes are listed in an order that need not be causal; some may be latent."""
    return _drawn(draw, min_nodes, max_nodes, shared=False, latent=latent)


@st.composite
def admgs(draw: st.DrawFn, min_nodes: int = 1, max_nodes: int = 7, latent: bool = False) -> Graph:
    """DAGs with hidden common causes (``<->``); some nodes may be latent as well."""
    return _drawn(draw, min_nodes, max_nodes, shared=True, latent=latent)


@st.composite
def questions(
    draw: st.DrawFn, graphs: st.SearchStrategy[Graph] | None = None, max_each: int = 2
) -> Roles:
    """A graph with two disjoint sets of observed nodes, X and Y."""
    if graphs is None:
        graphs = admgs(2, 7, latent=True).filter(lambda g: len(g.observed) > 1)
    graph = draw(graphs)
    order = draw(st.permutations(graph.observed))
    x_size = draw(st.integers(1, min(max_each, len(order) - 1)))
    y_size = draw(st.integers(1, min(max_each, len(order) - x_size)))
    return graph, tuple(order[:x_size]), tuple(order[x_size : x_size + y_size])


def _drawn(draw: st.DrawFn, min_nodes: int, max_nodes: int, shared: bool, latent: bool) -> Graph:
    size = draw(st.integers(min_nodes, max_nodes))
    order = draw(st.permutations(names(size)))
    pairs = list(combinations(order, 2))
    kinds = [(True, False), (False, True), (True, True)] if shared else [(True, False)]
    choice = st.sampled_from([(False, False), *kinds])
    edges = draw(st.lists(choice, min_size=len(pairs), max_size=len(pairs)))
    hidden = draw(
        st.lists(st.sampled_from(order), unique=True, max_size=size // 3 if latent else 0)
    )
    return Graph(
        [pair for pair, (arrow, _) in zip(pairs, edges, strict=True) if arrow],
        nodes=names(size),
        bidirected=[pair for pair, (_, both) in zip(pairs, edges, strict=True) if both],
        latent=hidden,
    )


def random_graph(
    rng: np.random.Generator,
    size: int,
    degree: float = 2.5,
    shared: float = 0.0,
    latent: float = 0.0,
) -> Graph:
    """A random ADMG with an expected number of arrows per node, of ``<->`` per node, of latents.

    Edges are drawn one by one, so that large sparse graphs take time linear in their size.
    """
    order = rng.permutation(size)
    label = names(size)

    def pairs(wanted: int) -> Iterator[tuple[str, str]]:
        seen: set[tuple[int, int]] = set()
        possible = size * (size - 1) // 2
        while len(seen) < min(wanted, possible):
            one, other = sorted(rng.integers(0, size, 2).tolist())
            if one != other and (one, other) not in seen:
                seen.add((one, other))
                yield label[order[one]], label[order[other]]

    arrows = list(pairs(int(rng.poisson(degree * size / 2))))
    both = list(pairs(int(rng.poisson(shared * size / 2))))
    hidden = [name for name in label if rng.random() < latent]
    return Graph(arrows, nodes=label, bidirected=both, latent=hidden)


def random_roles(
    rng: np.random.Generator, graph: Graph, max_each: int = 2
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Two disjoint random sets of observed nodes of a graph that has at least two."""
    order = rng.permutation(graph.observed).tolist()
    x_size = int(rng.integers(1, min(max_each, len(order) - 1) + 1))
    y_size = int(rng.integers(1, min(max_each, len(order) - x_size) + 1))
    return tuple(order[:x_size]), tuple(order[x_size : x_size + y_size])
