"""A formula from several data sets is right; a proven refusal has two models to show for it."""

from typing import Any

import numpy as np
import pytest

from causalsim.identification.fusing.combining import combine
from tests.oracles.sources import (
    Populations,
    random_admg,
    random_available,
    random_query,
    undetermined,
)

KINDS = {"experiments": (False, False), "populations": (True, False), "partial": (True, True)}


def case(seed: int, domains: bool, partial: bool, conditions: int, size: int = 7) -> Any:
    rng = np.random.default_rng(seed)
    graph = random_admg(rng, int(rng.integers(3, size)), 0.5, 0.45)
    query = random_query(rng, graph, conditions)
    return graph, query, random_available(rng, graph, domains, partial)


@pytest.mark.parametrize("conditions", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_formulas_equal_the_truth(kind: str, conditions: int) -> None:
    found = 0
    for number in range(80):
        graph, query, available = case([number, 1], *KINDS[kind], conditions)
        answer = combine(graph, query, available)
        if answer.identified:
            found += 1
            error = Populations.draw(graph, available, number).error(query, answer.formula)
            assert error < 1e-9, (graph, query, available, answer.formula)
    assert found > 40


@pytest.mark.parametrize("conditions", [0, 1])
@pytest.mark.parametrize("kind", ["experiments", "populations"])
def test_refusals_are_proven_by_a_direction_in_which_only_the_query_moves(
    kind: str, conditions: int
) -> None:
    refused = 0
    for number in range(60):
        graph, query, available = case([number, 2], *KINDS[kind], conditions, size=5)
        answer = combine(graph, query, available)
        if not answer.identified and answer.proven:
            refused += 1
            moved = undetermined(graph, query, available, number, hidden_levels=3)
            assert moved > 1e-7, (graph, query, available)
        if refused == 4:  # each costs a Jacobian
            return
    assert refused > 0


def test_no_order_of_sets_reaches_the_answer() -> None:
    graph, query, available = case([4, 1], True, False, 0)
    assert len({str(combine(graph, query, available)) for _ in range(3)}) == 1
