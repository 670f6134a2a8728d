"""The graph against the data: the statistic by hand, in any unit, with any names of levels."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from causalsim.checks.confronting import (
    GeneralisedCovariance,
    StratifiedPermutation,
    check_graph,
    falsify,
)
from causalsim.errors.confronting import ConfrontingError
from causalsim.graph.graph import Graph

GRAPH = Graph("z -> x; z -> y")


def people(rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    z = rng.integers(0, 4, rows)
    x = z + rng.normal(size=rows)
    return pd.DataFrame({"z": z, "x": x, "y": np.sqrt(z) + 0.3 * x + rng.normal(size=rows)})


FRAME = people()


def test_without_conditions_the_statistic_is_that_of_the_products() -> None:
    found = check_graph(Graph("x; y"), FRAME[["x", "y"]]).claims[0]
    products = (FRAME.x - FRAME.x.mean()) * (FRAME.y - FRAME.y.mean())
    by_hand = np.sqrt(len(FRAME)) * abs(products.mean()) / products.std(ddof=0)
    assert found.statistic == pytest.approx(by_hand)
    assert found.p_value == pytest.approx(2 * norm.sf(by_hand))


@pytest.mark.parametrize("by", [GeneralisedCovariance(), StratifiedPermutation(99)])
@pytest.mark.parametrize("size", [1e-200, 1e-12, 1e12])
def test_units_change_no_verdict(by: Any, size: float) -> None:
    moved = FRAME.assign(x=FRAME.x * size + 3 * size, y=FRAME.y * size)
    one, other = (check_graph(GRAPH, frame, by=by, seed=1).claims[0] for frame in (FRAME, moved))
    assert one.p_value < 0.02
    assert other.p_value == pytest.approx(one.p_value, rel=1e-6)
    assert other.statistic == pytest.approx(one.statistic, rel=1e-6)


def test_names_of_categories_change_no_verdict() -> None:
    kinds = pd.cut(FRAME.x, [-9, 0, 1, 2, 9], labels=list("abcd")).astype(str)
    renamed = kinds.map({"a": "d", "b": "a", "c": "zebra", "d": "b"})
    graph = Graph("z -> kind; z -> y")
    one, other = (
        check_graph(graph, FRAME.assign(kind=kind), seed=1).claims[0] for kind in (kinds, renamed)
    )
    assert other.p_value == pytest.approx(one.p_value, abs=0.01)


@pytest.mark.parametrize("level", ["a", None, 2, 0.0])
def test_a_level_is_a_number_between_nought_and_one(level: Any) -> None:
    with pytest.raises(ConfrontingError, match="level must be"):
        check_graph(GRAPH, FRAME, level=level)
    with pytest.raises(ConfrontingError, match="permutations must be"):
        falsify(GRAPH, FRAME, permutations=True)
