"""What is recovered from incomplete data is right, and uses only what the data show."""

import numpy as np
import pytest

from causalsim.identification.fusing.missing_data import recover_from_missing
from causalsim.identification.fusing.selection_bias import recover_from_selection
from tests.oracles.incomplete import (
    error,
    missingness_graph,
    random_question,
    selection_graph,
    terms,
)


@pytest.mark.parametrize("block", range(4))
def test_selection(block: int) -> None:
    recovered = 0
    for number in range(60):
        rng = np.random.default_rng([number, block])
        graph = selection_graph(rng, int(rng.integers(2, 6)))
        names = [name for name in graph.nodes if name != "s"]
        query = random_question(rng, names)
        told = {name for name in names if rng.random() < 0.3}
        answer = recover_from_selection(graph, query, "s", sorted(told))
        if answer.identified:
            recovered += 1
            for about, held in terms(answer.formula):
                assert held == {"s": 1} or (not held and about <= told)
            assert error(graph, query, answer.formula, number) < 1e-9, (graph, query)
    assert recovered > 8


@pytest.mark.parametrize("block", range(4))
def test_missing(block: int) -> None:
    recovered = 0
    for number in range(60):
        rng = np.random.default_rng([number, block])
        graph, marks = missingness_graph(rng, int(rng.integers(2, 5)))
        query = random_question(rng, [n for n in graph.nodes if n not in marks.values()])
        answer = recover_from_missing(graph, query, marks)
        if answer.identified:
            recovered += 1
            for about, held in terms(answer.formula):
                assert all(held.get(marks[name]) == 1 for name in about if name in marks)
            assert error(graph, query, answer.formula, number) < 1e-9, (graph, query)
    assert recovered > 30
