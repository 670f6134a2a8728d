"""Adjacency matrices and frames: entry [i, j] is not zero when i causes j."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalsim import frames
from causalsim.errors.notation import NotationError
from causalsim.graph.graph import Graph, Names, Pair, causal_graph

Frame = TypeVar("Frame")


def from_adjacency(
    matrix: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    bidirected: ArrayLike | None = None,
    latent: Names = (),
) -> Graph:
    """The graph of a square matrix, whose entry [i, j] is not zero when i causes j.

    Weights are fine: any number but zero is an arrow. (Some programs write the transpose; pass
    ``matrix.T``.)

    Args:
        matrix: Shape (nodes, nodes): arrows from rows to columns.
        names: One name a node; x0, x1, … by default.
        bidirected: Shape (nodes, nodes), symmetric: not zero where two nodes share a hidden cause.
        latent: Nodes that cannot be measured.

    Raises:
        NotationError: a matrix that is not square or not of numbers, or as many names as not.
        GraphError: the edges make no causal graph.

    >>> from_adjacency([[0, 1], [0, 0]], ["x", "y"])
    Graph('x -> y')

    References:
        Harary, Norman and Cartwright, "Structural models" (1965), for rows as tails.
    """
    arrows = _square(matrix)
    size = len(arrows)
    names = [f"x{place}" for place in range(size)] if names is None else list(names)
    if len(names) != size:
        raise NotationError.wrong_names(len(names), size)
    if len(set(names)) < size:
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise NotationError(f"The name {twice!r} stands twice.", "give every node its own name.")
    shared: list[Pair] = []
    if bidirected is not None:
        both = _square(bidirected)
        if len(both) != size:
            raise NotationError.wrong_names(len(both), size)
        for i, j in _places(both, names):
            if both[j, i] == 0:
                raise NotationError.uneven(names[i], names[j])
            if i <= j:
                shared.append((names[i], names[j]))
    pairs = [(names[i], names[j]) for i, j in _places(arrows, names)]
    return Graph(pairs, nodes=names, bidirected=shared, latent=latent)


def to_adjacency(graph: Graph) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """The matrices of arrows (row causes column) and of ``<->`` (symmetric), in node order.

    >>> arrows, bidirected = to_adjacency(Graph("x -> y; x <-> y"))
    >>> arrows.tolist(), bidirected.tolist()
    ([[0, 1], [0, 0]], [[0, 1], [1, 0]])
    """
    graph = causal_graph(graph)
    size = len(graph)
    arrows = np.zeros((size, size), dtype=np.int8)
    both = np.zeros((size, size), dtype=np.int8)
    core = graph.core
    for node in range(size):
        arrows[node, core.children[node]] = 1
        both[node, core.siblings[node]] = 1
    return arrows, both


def from_adjacency_frame(frame: Any, *, bidirected: Any = None, latent: Names = ()) -> Graph:  # noqa: ANN401
    """The graph of an adjacency frame (pandas or polars): one column and one row a node.

    Rows stand in the order of the columns. Their names, if a pandas index of strings or a first
    column of strings gives any, must be those of the columns.

    Args:
        frame: Entry [row i, column j] is not zero when i causes j.
        bidirected: A frame of the same shape for ``<->``, if there is one.
        latent: Nodes that cannot be measured.

    Raises:
        DataError: not a frame, or columns with bad names.
        NotationError: not square, not of numbers, or rows named otherwise than columns.

    >>> import pandas
    >>> from_adjacency_frame(pandas.DataFrame({"x": [0, 0], "y": [1, 0]}))
    Graph('x -> y')
    """
    names, arrows = _opened(frame)
    both = None
    if bidirected is not None:
        others, both = _opened(bidirected)
        if others != names:
            raise NotationError.rows_differ(others, names)
    return from_adjacency(arrows, names, bidirected=both, latent=latent)


def to_adjacency_frame(graph: Graph, like: Frame) -> Frame:
    """The arrows as a frame of the same library as ``like``, a column a node, rows in that order.

    Bidirected edges are not in it: see `to_adjacency`.

    Args:
        graph: The graph.
        like: Any frame of the wanted library, such as ``pandas.DataFrame()``.

    >>> import pandas
    >>> to_adjacency_frame(Graph("x -> y"), like=pandas.DataFrame())["y"].tolist()
    [1, 0]
    """
    graph = causal_graph(graph)
    arrows, _ = to_adjacency(graph)
    columns = {node: arrows[:, place] for place, node in enumerate(graph.nodes)}
    return frames.build(like, columns)


def _square(matrix: ArrayLike) -> NDArray[Any]:
    """A square array of finite numbers."""
    try:
        found = np.asarray(matrix)
    except ValueError:
        raise NotationError.not_square((len(list(matrix)),)) from None  # type: ignore[arg-type]
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise NotationError.not_square(found.shape)
    if found.dtype.kind not in "biuf":
        try:
            found = found.astype(np.float64)
        except (TypeError, ValueError):
            raise NotationError(
                f"An adjacency matrix holds numbers; found {found.dtype}.",
                "write 0 where there is no edge, and 1 where there is one.",
            ) from None
    return found


def _places(matrix: NDArray[Any], names: Sequence[str]) -> list[tuple[int, int]]:
    """The places that are not zero, row by row."""
    if matrix.dtype.kind == "f" and not np.isfinite(matrix).all():
        row, column = (int(place) for place in np.argwhere(~np.isfinite(matrix))[0])
        raise NotationError.bad_entry(names[row], names[column], float(matrix[row, column]))
    return [(int(row), int(column)) for row, column in np.argwhere(matrix)]


def _opened(frame: Any) -> tuple[list[str], NDArray[Any]]:  # noqa: ANN401
    """The names of the nodes and the matrix."""
    columns = list(frames.names(frame))
    rows = _row_names(getattr(frame, "index", None))
    if len(columns) == frames.height(frame) + 1:
        first = frames.values(frame, columns[0])
        if all(isinstance(name, str) for name in first):
            rows, columns = [str(name) for name in first], columns[1:]
    if rows is not None and rows != columns:
        raise NotationError.rows_differ(rows, columns)
    if len(columns) != frames.height(frame):
        raise NotationError.not_square((frames.height(frame), len(columns)))
    return columns, np.column_stack([frames.numeric(frame, name) for name in columns])


def _row_names(index: Iterable[object] | None) -> list[str] | None:
    """The names that a pandas index gives to rows, if they are names."""
    if index is None or callable(index):
        return None
    labels = list(index)
    if not all(isinstance(label, str) for label in labels):
        return None
    return [str(label) for label in labels]
