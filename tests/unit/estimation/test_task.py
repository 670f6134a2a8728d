"""Every way in which data can fail a question, and what the roles become when they do not."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task

QUERY = Query("gain", do="quit")


def frame(**columns: Any) -> pd.DataFrame:
    base: dict[str, Any] = {
        "gain": [1.0, 2.0, 3.0, 4.0],
        "quit": [0, 1, 0, 1],
        "age": [40, 50, 60, 70],
        "arm": ["b", "a", "c", "a"],
    }
    return pd.DataFrame({**base, **columns})


def test_roles_become_arrays() -> None:
    task = Task.of(frame(), QUERY, ("age", "arm"))
    assert task.outcome.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert task.arm.tolist() == [0, 1, 0, 1]
    assert (task.levels, task.high, task.low) == ((0, 1), 1, 0)
    assert task.design.columns == ("age", "arm=b", "arm=c")
    assert task.design.sources == ("age", "arm", "arm")
    assert task.design.matrix.tolist() == [[40, 1, 0], [50, 0, 0], [60, 0, 1], [70, 0, 0]]


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([0, 1, 0, 1], (0, 1)),
        ([0.0, 1.0, 0.0, 1.0], (0, 1)),
        ([False, True, False, True], (False, True)),
        (["control", "treated", "control", "treated"], ("control", "treated")),
        (pd.Categorical(["n", "y", "n", "y"]), ("n", "y")),
        ([2, 7, 2, 7], (2, 7)),
        ([-0.5, 0.5, -0.5, 0.5], (-0.5, 0.5)),
        (pd.Series([0, 1, 0, 1], dtype="Int64"), (0, 1)),
        (pd.Series([False, True, False, True], dtype=object), (0, 1)),
    ],
)
def test_any_two_values_are_a_treatment(values: Any, levels: tuple[Any, ...]) -> None:
    for made in (frame(quit=values), pl.DataFrame(frame(quit=values).to_dict("list"))):
        task = Task.of(made, QUERY, ("age",))
        assert task.levels == levels
        assert task.arm.tolist() == [0, 1, 0, 1]


def test_a_treatment_at_a_value_asks_for_one_mean() -> None:
    task = Task.of(frame(), Query("gain", do={"quit": 1}), ())
    assert task.contrast == (0.0, 1.0)
    assert (task.high, task.low) == (1, None)
    with pytest.raises(EstimationError, match=r"sets 'quit' to 3[\s\S]*values of 'quit' are: 0, 1"):
        Task.of(frame(), Query("gain", do={"quit": 3}), ())


def test_an_outcome_at_a_value_asks_for_its_probability() -> None:
    task = Task.of(frame(), Query({"arm": "a"}, do="quit"), ())
    assert task.outcome.tolist() == [0.0, 1.0, 0.0, 1.0]
    with pytest.raises(EstimationError, match="sets 'arm' to 'z'"):
        Task.of(frame(), Query({"arm": "z"}, do="quit"), ())


def test_units_come_from_the_frame_or_the_caller() -> None:
    made = frame()
    assert Task.of(made, QUERY, ()).units == ""
    made.attrs["units"] = {"gain": "kg"}
    assert Task.of(made, QUERY, ()).units == "kg"
    assert Task.of(made, QUERY, (), Roles(units="lb")).units == "lb"


BAD: list[tuple[str, Any, Query, tuple[str, ...], type[Exception], str]] = [
    ("misspelt covariate", frame(), QUERY, ("agee",), DataError, r"'agee'[\s\S]*mean 'age'"),
    ("misspelt outcome", frame(), Query("gian", do="quit"), (), DataError, r"mean 'gain'"),
    ("missing treatment", frame(), Query("gain", do="zzz"), (), DataError, r"columns are: gain"),
    ("holes in two", frame(quit=[0, None, 1, 1], gain=[None, None, 1, 2]), QUERY, (),
     DataError, r"'gain' \(2 of 4\), 'quit' \(1 of 4\)[\s\S]*subset=\['gain', 'quit'\]"),
    ("nothing but holes", frame(age=[None] * 4), QUERY, ("age",), DataError,
     r"'age' has no value in any of 4 rows"),
    ("a hole in the treatment", frame(quit=[0, 1, None, 1]), QUERY, (), DataError,
     r"'quit' \(1 of 4\)"),
    ("one value", frame(quit=[1, 1, 1, 1]), QUERY, (), EstimationError,
     r"one value only: 1 in all 4 rows"),
    ("one string", frame(quit=["a"] * 4), QUERY, (), EstimationError, r"one value only: 'a'"),
    ("three arms", pd.concat([frame(quit=[0, 1, 2, 1])] * 2, ignore_index=True), QUERY, (),
     EstimationError, r"3 levels \(0, 1, 2\)[\s\S]*arms=\(0, 2\)"),
    ("continuous", frame(quit=[0.1, 0.2, 0.3, 0.4]), QUERY, (), EstimationError,
     r"too many to be arms[\s\S]*by=PLR"),
    ("no rows", frame().iloc[:0], QUERY, (), DataError, "no rows"),
    ("text outcome", frame(gain=["a", "b", "c", "d"]), QUERY, (), DataError,
     r"'gain' must be numeric"),
    ("infinite outcome", frame(gain=[1, 2, 3, np.inf]), QUERY, (), DataError,
     r"'gain' holds infinities \(1"),
    ("infinite covariate", frame(age=[1, 2, 3, -np.inf]), QUERY, ("age",), DataError,
     r"'age' holds infinities"),
    ("infinite treatment", frame(quit=[0, 1, 0, np.inf]), QUERY, (), DataError,
     r"'quit' holds infinities"),
    ("date covariate", frame(age=pd.date_range("2020", periods=4)), QUERY, ("age",), DataError,
     r"'age' must be numeric"),
    ("not a frame", [[1, 2]], QUERY, (), DataError, "expected; found list"),
    ("duplicated names", pd.concat([frame(), frame()], axis=1), QUERY, (), DataError,
     "more than one column named"),
    ("two treatments", frame(), Query("gain", do=["quit", "age"]), (), EstimationError,
     "One treatment is expected; the query has 2"),
    ("no treatment", frame(), Query("gain"), (), EstimationError,
     "One treatment is expected; the query has 0"),
    ("two outcomes", frame(), Query(["gain", "age"], do="quit"), (), EstimationError,
     "One outcome is expected"),
    ("conditional", frame(), Query("gain", do="quit", given="age"), (), EstimationError,
     r"conditions on age[\s\S]*frame\['age'\]"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("made", "query", "covariates", "kind", "message"),
    [row[1:] for row in BAD],
    ids=[row[0] for row in BAD],
)
def test_bad_data_get_an_error_of_ours_with_a_hint(
    made: Any, query: Query, covariates: tuple[str, ...], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        Task.of(made, query, covariates)
    assert "Hint:" in str(caught.value)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_the_frame_is_not_changed(kind: Any) -> None:
    made = kind(frame().to_dict("list"))
    before = copied(made)
    task = Task.of(made, QUERY, ("age", "arm"))
    task.outcome[:] = -1
    task.design.matrix[:] = -1
    assert made.equals(before)


def copied(made: Any) -> Any:
    return made.copy(deep=True) if isinstance(made, pd.DataFrame) else made.clone()
