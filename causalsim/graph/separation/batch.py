"""Many questions of separation at once."""

from collections.abc import Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from causalsim.graph.graph import Graph, Names, causal_graph
from causalsim.graph.separation.criterion import disjoint
from causalsim.graph.separation.lanes import spread

#: How many walks go side by side; more would not fit the processor's cache in a large graph.
_LANES = 1024

Question = tuple[Names, Names, Names]


def separated_each(graph: Graph, questions: Iterable[Question]) -> list[bool]:
    """Whether ``given`` blocks every path between ``x`` and ``y``, for many (x, y, given).

    The answers are those of `separated`, one by one. All walks go through the graph together, some
    sixty in each operation on integers, which takes a tenth of the time or less.

    Args:
        graph: The causal graph.
        questions: Each with its x, its y and what is conditioned on, as `separated` takes them.

    Returns:
        One answer for each question, in order.

    Raises:
        GraphError: an unknown node, an empty ``x`` or ``y``, sets that overlap.

    >>> graph = Graph("smoking -> tar -> cancer <- age")
    >>> separated_each(graph, [("smoking", "cancer", "tar"), ("smoking", "age", "cancer")])
    [True, False]

    References:
        Pearl, "Causality" (2009), definition 1.2.3; Richardson (2003), section 2.1.
    """
    graph = causal_graph(graph)
    waiting, found = iter(questions), list[bool]()
    while some := list(islice(waiting, _LANES)):
        found += _answers(graph, some)
    return found


def _answers(graph: Graph, questions: list[Question]) -> list[bool]:
    """The answers to as many questions as there are lanes."""
    core, size = graph.core, len(graph)
    tails, heads = [0] * size, [0] * size
    fixed = np.zeros((len(questions), size), np.uint8)
    ends: list[list[int]] = []
    for number, (x, y, given) in enumerate(questions):
        starts, goals, held = disjoint(graph, x, y, given)
        lane = 1 << number
        ends.append(goals)
        fixed[number, held] = 1
        for node in starts:
            for other in core.parents[node]:
                tails[other] |= lane
            for other in (*core.children[node], *core.siblings[node]):
                heads[other] |= lane
    every = (1 << len(questions)) - 1
    spread(core, tails, heads, _lanes(fixed), [every] * size)
    return [
        not any((tails[node] | heads[node]) >> number & 1 for node in goals)
        for number, goals in enumerate(ends)
    ]


def _lanes(rows: NDArray[np.uint8]) -> list[int]:
    """For each column its ones as the bits of an integer, the first row lowest."""
    packed = np.packbits(rows, axis=0, bitorder="little")
    width, text = len(packed), packed.T.tobytes()
    return [int.from_bytes(text[at : at + width], "little") for at in range(0, len(text), width)]
