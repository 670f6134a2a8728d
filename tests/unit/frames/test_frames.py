"""Every frame library and every bad column, one line each."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim import frames
from causalsim.errors.data import DataError

COLUMNS = {"age": [40, 50, 60], "arm": ["a", "b", "a"], "ill": [True, False, True]}
KINDS = pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])


@KINDS
def test_a_frame_is_read_without_being_changed(make: Callable[..., Any]) -> None:
    frame = make(COLUMNS)
    before = frame.copy() if isinstance(frame, pd.DataFrame) else frame.clone()
    assert frames.names(frame) == ("age", "arm", "ill")
    assert frames.height(frame) == 3
    assert frames.values(frame, "arm").tolist() == ["a", "b", "a"]
    age = frames.numeric(frame, "age")
    assert age.dtype == np.float64
    age[:] = -1
    frames.values(frame, "age")[:] = -1
    assert frame.equals(before)
    assert frames.numeric(frame, "ill").tolist() == [1.0, 0.0, 1.0]


@KINDS
def test_build_gives_back_the_same_kind(make: Callable[..., Any]) -> None:
    made = frames.build(make(COLUMNS), {"gain": np.array([1.0, 2.0]), "who": ["x", "y"]})
    assert type(made) is type(make(COLUMNS))
    assert frames.names(made) == ("gain", "who")
    assert frames.numeric(made, "gain").tolist() == [1.0, 2.0]


def test_build_keeps_a_pandas_index_of_the_same_height() -> None:
    like = pd.DataFrame(COLUMNS, index=["x", "y", "z"])
    assert list(frames.build(like, {"gain": [1, 2, 3]}).index) == ["x", "y", "z"]
    assert list(frames.build(like, {"gain": [1, 2]}).index) == [0, 1]
    assert list(like.columns) == list(COLUMNS)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 2, 3], dtype="Int64"),
        pd.Series([1.0, 2.0, 3.0], dtype="Float64"),
        pd.Series([1, 2, 3], dtype=object),
        pd.Series([1, 2, 3], dtype="float32"),
        pl.Series("x", [1, 2, 3], dtype=pl.UInt8),
    ],
    ids=lambda column: f"{type(column).__module__}-{column.dtype}",
)
def test_every_numeric_type_becomes_float64(column: Any) -> None:
    made = pd.DataFrame({"x": column}) if isinstance(column, pd.Series) else pl.DataFrame([column])
    assert frames.numeric(made, "x").tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.0, np.nan, 3.0]),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1, None, 3], dtype=object),
        pl.Series("x", [1.0, None, 3.0]),
        pl.Series("x", [1.0, float("nan"), 3.0]),
        pl.Series("x", [1, None, 3]),
    ],
    ids=lambda column: f"{type(column).__module__}-{column.dtype}",
)
def test_missing_cells_are_found_and_counted(column: Any) -> None:
    frame = pd.DataFrame({"x": column}) if isinstance(column, pd.Series) else pl.DataFrame([column])
    assert frames.missing(frame, "x").tolist() == [False, True, False]
    with pytest.raises(DataError, match=r"'x' \(1 of 3\)[\s\S]*dropna\(subset=\['x'\]\)"):
        frames.numeric(frame, "x")


def _two_names() -> pd.DataFrame:
    return pd.DataFrame([[1, 2], [3, 4]], columns=["x", "x"])


@pytest.mark.parametrize(
    ("frame", "name", "message"),
    [
        (pd.DataFrame(COLUMNS), "agee", r"no column 'agee'[\s\S]*did you mean 'age'"),
        (pl.DataFrame(COLUMNS), "agee", r"no column 'agee'[\s\S]*did you mean 'age'"),
        (pd.DataFrame(COLUMNS), "zzz", r"columns are: age, arm, ill"),
        (pd.DataFrame(COLUMNS), "arm", r"'arm' must be numeric[\s\S]*to_numeric"),
        (pl.DataFrame(COLUMNS), "arm", r"'arm' must be numeric"),
        (pd.DataFrame({"x": pd.to_datetime(["2020-01-01"])}), "x", r"must be numeric"),
        (pd.DataFrame({"x": pd.Categorical(["a"])}), "x", r"must be numeric"),
        (pd.DataFrame({"x": [1.0, np.inf]}), "x", r"infinities \(1 of"),
        (pl.DataFrame({"x": [1.0, -np.inf]}), "x", r"infinities"),
        (_two_names(), "x", r"more than one column named x[\s\S]*duplicated"),
        (pd.DataFrame({0: [1]}), "0", r"named by a string; found 0[\s\S]*columns=str"),
        (pd.DataFrame({"x": []}), "x", r"no rows"),
        (pl.DataFrame({"x": []}), "x", r"no rows"),
        (pd.DataFrame(), "x", r"no columns"),
        (pl.DataFrame(), "x", r"no columns"),
        (pd.DataFrame(index=[1, 2]), "x", r"no columns"),
        (pl.LazyFrame({"x": [1]}), "x", r"lazy LazyFrame[\s\S]*collect"),
        (pd.Series([1, 2]), "x", r"expected; found Series"),
        ({"x": [1]}, "x", r"expected; found dict[\s\S]*pandas.DataFrame"),
        (np.ones((2, 2)), "x", r"expected; found ndarray"),
        (None, "x", r"expected; found NoneType"),
        ("frame.csv", "x", r"expected; found str"),
    ],
)
def test_every_bad_frame_gets_its_own_error(frame: Any, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        frames.numeric(frame, name)
    assert "Hint:" in str(caught.value)


def test_new_columns_must_be_of_one_length() -> None:
    with pytest.raises(DataError, match=r"'a' has 1, 'b' has 2"):
        frames.build(pd.DataFrame(COLUMNS), {"a": [1], "b": [1, 2]})
