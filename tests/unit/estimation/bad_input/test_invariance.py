"""What must not move a number: units, names, order, index, dtype, kind of frame."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.oracles.every_way import ARMS, DOSES, EVERY, UNWEIGHTED, Change, Way, people

FRAME = people()
ROWS = len(FRAME)
ALL = pytest.mark.parametrize("way", EVERY.values(), ids=EVERY)
FOUND = {name: way(FRAME) for name, way in EVERY.items()}


def same(way: Way, frame: Any, by: float = 1.0, rel: float = 1e-6, **roles: Any) -> None:
    """The effect is what it was in the plain frame, times a factor."""
    name = next(name for name, one in EVERY.items() if one is way)
    before, after = FOUND[name], way(frame, **roles)
    error = before.standard_error
    assert after.value / by == pytest.approx(before.value, rel=rel, abs=rel * error)
    assert after.standard_error / abs(by) == pytest.approx(error, rel=rel)


@ALL
@pytest.mark.parametrize("unit", [1e12, 1e-12])
def test_the_unit_of_the_outcome_is_that_of_the_effect(way: Way, unit: float) -> None:
    same(way, FRAME.assign(y=unit * FRAME.y), by=unit)


@ALL
@pytest.mark.parametrize(("unit", "origin"), [(1e12, 0.0), (1e-12, 0.0), (1.0, 1e6)])
def test_the_unit_of_a_covariate_makes_no_difference(way: Way, unit: float, origin: float) -> None:
    same(way, FRAME.assign(x=unit * FRAME.x + origin), rel=1e-4 if origin else 1e-5)


@pytest.mark.parametrize("unit", [1e12, 1e-12])
def test_an_effect_of_one_unit_is_of_the_unit_it_is_told_in(unit: float) -> None:
    same(DOSES["PLR"], FRAME.assign(d=unit * FRAME.d), by=1 / unit)
    for name in ("2SLS", "PLIV", "covariances"):
        same(EVERY[name], FRAME.assign(a=unit * FRAME.a), by=1 / unit, rel=1e-5)


@ALL
def test_a_far_origin_of_the_outcome_makes_no_difference(way: Way) -> None:
    same(way, FRAME.assign(y=FRAME.y + 1e6), rel=1e-4)


@ALL
def test_what_categories_are_called_makes_no_difference(way: Way) -> None:
    same(way, FRAME.assign(g=FRAME.g.map({"north": "z", "south": "a", "west": "m m"})))


@ALL
def test_what_clusters_are_called_and_the_scale_of_weights_make_no_difference(way: Way) -> None:
    if way.by.name == "matching":
        return
    before = way(FRAME, weights="w", clusters="c")
    renamed = FRAME.assign(c="k" + (FRAME.c * 7 % 100).astype(str), w=1e-9 * FRAME.w)
    after = way(renamed, weights="w", clusters="c")
    assert after.value == pytest.approx(before.value, rel=1e-5)
    assert after.standard_error == pytest.approx(before.standard_error, rel=1e-5)


@pytest.mark.parametrize("name", [name for name in EVERY if name not in UNWEIGHTED])
def test_equal_weights_say_nothing(name: str) -> None:
    same(EVERY[name], FRAME.assign(w=7), weights="w", rel=1e-5)


@pytest.mark.parametrize("name", [name for name, way in EVERY.items() if not way.drawn])
def test_the_order_of_the_rows_makes_no_difference(name: str) -> None:
    same(EVERY[name], FRAME.sample(frac=1.0, random_state=3))


KINDS: dict[str, Change] = {
    "polars": lambda f: pl.DataFrame({name: f[name].to_list() for name in f}),
    "nullable": lambda f: f.convert_dtypes(),
    "objects": lambda f: f.astype(dict.fromkeys(("x", "a", "y", "d", "z"), object)),
    "categories": lambda f: f.assign(g=pd.Categorical(f.g, ["east", "north", "south", "west"])),
    "truth values": lambda f: f.astype({"a": bool, "z": bool}),
    "small integers": lambda f: f.astype({"a": "uint8", "z": "int8"}),
    "index backwards": lambda f: f.set_axis(np.arange(ROWS)[::-1], axis=0),
    "index of one value": lambda f: f.set_axis(np.zeros(ROWS, dtype=int), axis=0),
    "index of dates": lambda f: f.set_axis(pd.date_range("2020-01-01", periods=ROWS), axis=0),
    "columns backwards": lambda f: f[f.columns[::-1]],
    "columns more": lambda f: f.assign(spare=np.nan, other="?", more=np.inf),
}


@ALL
@pytest.mark.parametrize("change", KINDS.values(), ids=KINDS)
def test_the_kind_of_frame_makes_no_difference(way: Way, change: Change) -> None:
    same(way, change(FRAME), rel=1e-9)


NAMES = (
    {"x": "0", "g": "intercept"},
    {"x": "age (years)", "g": "größe ✓"},
    {"x": "effect", "g": "low"},
    {"x": "a = 1", "g": "__class__"},
    {"x": "(missing)", "g": "self"},
)


@pytest.mark.parametrize("way", ARMS.values(), ids=ARMS)
@pytest.mark.parametrize("names", NAMES, ids=str)
def test_columns_may_be_called_anything(way: Way, names: dict[str, str]) -> None:
    from causalsim import Graph, Query, estimate, identify

    x, g = (f'"{name}"' for name in names.values())
    graph = Graph(f"{x} -> a; {x} -> y; {g} -> a; {g} -> y; a -> y")
    effect = estimate(
        identify(graph, Query("y", do="a")), FRAME.rename(columns=names), by=way.by, seed=1
    )
    # The order of the adjustment set is that of its names, which learners may notice.
    assert effect.value == pytest.approx(way(FRAME).value, rel=0.02)
    assert names["x"] in effect.why


@ALL
def test_the_frame_is_never_changed(way: Way) -> None:
    for frame in (FRAME, FRAME.assign(g=FRAME.g.where(FRAME.x < 1, None)), FRAME.convert_dtypes()):
        before = frame.copy(deep=True)
        way(frame)
        pd.testing.assert_frame_equal(frame, before)
