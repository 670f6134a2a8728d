"""Tables at the border of the package: pandas or polars in, arrays inside, the same kind out.

Everything that reads a user's frame goes through these functions, so that the package knows no
frame library by name, never changes a frame, and complains about bad columns in one voice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from causalsim.errors.data import DataError

__all__ = [
    "build",
    "categorical",
    "copies_lazily",
    "height",
    "known",
    "labels",
    "lent",
    "missing",
    "names",
    "numeric",
    "put",
    "require",
    "rows",
    "snapshot",
    "values",
    "views",
]

Frame = TypeVar("Frame")


def names(frame: Any) -> tuple[str, ...]:  # noqa: ANN401
    """The names of the columns, in the order of the frame.

    Args:
        frame: A pandas or polars DataFrame (or any other eager one that narwhals knows).

    Returns:
        One string a column.

    Raises:
        DataError: Not a frame; a name that is no string, or that is used twice.

    >>> import pandas
    >>> names(pandas.DataFrame({"quit": [0, 1], "age": [40, 50]}))
    ('quit', 'age')
    """
    return tuple(_opened(frame).columns)


def height(frame: Any) -> int:  # noqa: ANN401
    """The number of rows.

    Raises:
        DataError: Not a frame, or a frame without rows or columns.

    >>> import pandas
    >>> height(pandas.DataFrame({"quit": [0, 1, 1]}))
    3
    """
    opened = _opened(frame)
    if opened.shape[0] == 0 or opened.shape[1] == 0:
        raise DataError.empty(opened.shape[1])
    return int(opened.shape[0])


def require(frame: Any, columns: Iterable[str]) -> None:  # noqa: ANN401
    """Do nothing if the frame has rows and all these columns; else say which one it lacks.

    Raises:
        DataError: The first column that is missing (the hint names the nearest), or no rows.

    >>> import pandas
    >>> require(pandas.DataFrame({"quit": [0, 1, 1]}), ["quit"])
    """
    height(frame)
    found = names(frame)
    for name in columns:
        if name not in found:
            raise DataError.unknown_column(name, found)


def values(frame: Any, name: str) -> NDArray[Any]:  # noqa: ANN401
    """One column as an array, of whatever type the frame holds; missing cells are left in.

    Args:
        frame: A pandas or polars DataFrame.
        name: The column.

    Returns:
        A new array with one entry a row; changing it does not change the frame.

    Raises:
        DataError: No such column (the hint names the nearest), or no rows.

    >>> import pandas
    >>> values(pandas.DataFrame({"arm": ["a", "b"]}), "arm").tolist()
    ['a', 'b']
    """
    return np.array(_column(frame, name).to_numpy(), copy=True)


def labels(frame: Any, name: str) -> NDArray[np.str_]:  # noqa: ANN401
    """One column as text, one string a row, whatever the cells are.

    >>> import pandas
    >>> labels(pandas.DataFrame({"arm": ["a", 1, (2, 3)]}), "arm").tolist()
    ['a', '1', '(2, 3)']
    """
    raw = values(frame, name)
    return np.array([str(cell) for cell in raw]) if raw.dtype.kind == "O" else raw.astype(str)


def missing(frame: Any, name: str) -> NDArray[np.bool_]:  # noqa: ANN401
    """Where a column has no value (null, None, NaN, NaT).

    Returns:
        One truth value a row.

    >>> import pandas
    >>> missing(pandas.DataFrame({"age": [40.0, None]}), "age").tolist()
    [False, True]
    """
    column = _column(frame, name)
    null = np.asarray(column.is_null().to_numpy(), dtype=bool)
    if column.dtype.is_float():
        null = null | np.isnan(np.asarray(column.to_numpy(), dtype=np.float64))
    return null


def categorical(frame: Any, name: str) -> bool:  # noqa: ANN401
    """Whether a column holds categories or strings rather than numbers.

    >>> import pandas
    >>> categorical(pandas.DataFrame({"arm": ["a", "b"]}), "arm")
    True
    """
    column = _column(frame, name)
    if column.dtype in (nw.Categorical, nw.Enum, nw.String):
        return True
    return column.dtype == nw.Object and any(isinstance(cell, str) for cell in column)


def ranks(frame: Any, name: str) -> tuple[str, ...]:  # noqa: ANN401
    """The names of an ordered categorical column, from low to high; empty for any other column.

    >>> import pandas
    >>> dose = pandas.Categorical(["low", "high"], categories=["low", "high"], ordered=True)
    >>> ranks(pandas.DataFrame({"dose": dose}), "dose")
    ('low', 'high')
    """
    dtype = _column(frame, name).dtype
    found = tuple(dtype.categories) if isinstance(dtype, nw.Enum) else ()
    return found if all(isinstance(one, str) for one in found) else ()


def numeric(frame: Any, name: str) -> NDArray[np.float64]:  # noqa: ANN401
    """One column as finite floating-point numbers; truth values become 0 and 1.

    Args:
        frame: A pandas or polars DataFrame.
        name: The column.

    Returns:
        A new array of float64 with one finite entry a row.

    Raises:
        DataError: No such column, no rows, cells that are missing, infinite or no numbers.

    >>> import pandas
    >>> numeric(pandas.DataFrame({"smoker": [True, False]}), "smoker").tolist()
    [1.0, 0.0]
    """
    absent = missing(frame, name)
    if absent.any():
        raise DataError.missing_values({name: int(absent.sum())}, len(absent))
    return known(frame, name)


def views(frame: Any, columns: Iterable[str]) -> "dict[str, NDArray[Any]] | None":  # noqa: ANN401
    """Several columns of numbers as they are in the frame, not copied where that can be.

    They are to be read, never written to. None where one needs a closer look: a column that is
    missing, holds no numbers, or lacks cells is told of by `numeric`, one by one.

    >>> import pandas
    >>> views(pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5]}), ["b", "a"])["b"].tolist()
    [0.5, 1.5]
    >>> views(pandas.DataFrame({"a": ["x"]}), ["a"]) is None
    True
    """
    opened, wanted = _opened(frame), list(columns)
    if any(name not in opened.columns for name in wanted):
        return None
    if opened.implementation.is_pandas():
        native: Any = frame
        chosen = [native[name] for name in wanted]
        if not all(isinstance(c.dtype, np.dtype) and c.dtype.kind in "biuf" for c in chosen):
            return None
        return {name: column.to_numpy() for name, column in zip(wanted, chosen, strict=True)}
    schema = opened.schema
    wide = (nw.Int128, nw.UInt128)
    if any(schema[name] in wide for name in wanted):
        return None
    if not all(schema[name].is_numeric() or schema[name] == nw.Boolean for name in wanted):
        return None
    found = {name: opened[name].to_numpy() for name in wanted}
    return found if all(one.dtype.kind in "biuf" for one in found.values()) else None


def rows(frame: Frame, some: slice) -> Frame:
    """Some rows of a frame, of the same kind.

    >>> import pandas
    >>> rows(pandas.DataFrame({"a": [1, 2, 3]}), slice(1, 3))["a"].tolist()
    [2, 3]
    """
    return _opened(frame)[some].to_native()  # type: ignore[no-any-return]


def snapshot(frame: Frame) -> Frame:
    """The frame as it is now: later changes of the original do not show in it.

    >>> import pandas
    >>> people = pandas.DataFrame({"age": [40, 50]})
    >>> before = snapshot(people)
    >>> people.loc[0, "age"] = 99
    >>> before["age"].tolist()
    [40, 50]
    """
    copied = getattr(frame, "copy", None)
    if copied is None or not hasattr(frame, "iloc"):
        return frame  # not a frame that can be changed in place
    # Copies of pandas are lazy: cells are copied when either side is written to.
    return copied(deep=False)  # type: ignore[no-any-return]


def copies_lazily(frame: Any) -> bool:  # noqa: ANN401
    """Whether copies of a frame share their cells until one of them is written to.

    >>> import polars
    >>> copies_lazily(polars.DataFrame({"a": [1]}))
    False
    """
    opened = _opened(frame)
    if not opened.implementation.is_pandas():
        return False
    return int(opened.implementation.to_native_namespace().__version__.split(".")[0]) >= 3


def lent(frame: Frame, columns: Mapping[str, Any]) -> Frame:
    """`put` without copying: the new columns are the very arrays that were given.

    For frames that copy lazily. As long as the result is kept and only its `snapshot` is handed
    out, what is written to the snapshot never reaches the arrays.

    >>> import pandas
    >>> column = np.array([0.5, 1.5])
    >>> kept = lent(pandas.DataFrame({"a": [1, 2]}), {"b": column})
    >>> shown = snapshot(kept)
    >>> shown.loc[0, "b"] = 9.0
    >>> column.tolist()
    [0.5, 1.5]
    """
    native: Any = frame
    pandas: Any = _opened(frame).implementation.to_native_namespace()
    names = dict.fromkeys((*native.columns, *columns))
    # Aligned by position, since the rows of the frame may carry names of their own.
    data = {name: columns[name] if name in columns else native[name] for name in names}
    return pandas.DataFrame(data, index=native.index, copy=False)  # type: ignore[no-any-return]


def put(frame: Frame, columns: Mapping[str, Any]) -> Frame:
    """A copy of a frame with some columns replaced, or added behind; the others are not touched.

    >>> import pandas
    >>> put(pandas.DataFrame({"a": [1, 2]}, index=[7, 8]), {"b": [0.5, 1.5]}).loc[8].tolist()
    [2.0, 1.5]
    """
    opened = _opened(frame)
    if opened.implementation.is_pandas():
        pandas: Any = opened.implementation.to_native_namespace()
        rows: Any = frame
        names = dict.fromkeys((*rows.columns, *columns))
        # Aligned by position, since the rows of the frame may carry names of their own.
        data = {
            name: np.asarray(columns[name]) if name in columns else rows[name] for name in names
        }
        return pandas.DataFrame(data, index=rows.index)  # type: ignore[no-any-return]
    series = [
        nw.new_series(name, np.array(column, copy=True), backend=opened.implementation)
        for name, column in columns.items()
    ]
    if opened.implementation.is_pandas_like():
        index = frame.index  # type: ignore[attr-defined]
        native = [one.to_native().set_axis(index) for one in series]
        series = [nw.from_native(one, series_only=True) for one in native]
    return opened.with_columns(series).to_native()  # type: ignore[no-any-return]


def known(frame: Any, name: str) -> NDArray[np.float64]:  # noqa: ANN401
    """One column as floating-point numbers, NaN where it has no value.

    Raises:
        DataError: No such column, no rows, cells that are infinite or no numbers.

    >>> import pandas
    >>> known(pandas.DataFrame({"age": [40.0, None]}), "age").tolist()
    [40.0, nan]
    """
    column = _column(frame, name)
    if not (column.dtype.is_numeric() or column.dtype == nw.Boolean or _holds_numbers(column)):
        raise DataError.not_numeric(name, column.dtype, column[0])
    numbers = np.array(column.to_numpy(), dtype=np.float64, copy=True)
    infinite = np.isinf(numbers)
    if infinite.any():
        raise DataError.infinite_values(name, int(infinite.sum()))
    return numbers


def build(like: Frame, columns: Mapping[str, Any]) -> Frame:
    """A new frame of the same kind as ``like``, with these columns.

    Args:
        like: The frame whose library (and, in pandas, whose index) the result takes over; the
            index is kept when the number of rows is the same.
        columns: Name and values (one an entry a row) of each column of the result.

    Returns:
        A new frame; ``like`` is not changed.

    Raises:
        DataError: ``like`` is no frame, or the columns differ in length.

    >>> import pandas
    >>> people = pandas.DataFrame({"age": [40, 50]}, index=["ann", "bob"])
    >>> build(people, {"gain": [1.5, -0.5]}).loc["bob", "gain"]
    np.float64(-0.5)
    """
    opened = _opened(like)
    arrays = {str(name): np.array(column, copy=True) for name, column in columns.items()}
    heights = {name: len(array) for name, array in arrays.items()}
    if len(set(heights.values())) > 1:
        raise DataError.uneven_columns(heights)
    made = nw.from_dict(arrays, backend=opened.implementation).to_native()
    if opened.implementation.is_pandas_like() and len(made) == opened.shape[0]:
        made = made.set_axis(like.index, axis=0)  # type: ignore[attr-defined]
    return made  # type: ignore[no-any-return]


def _opened(frame: Any) -> "nw.DataFrame[Any]":  # noqa: ANN401
    """The frame behind narwhals, after the checks that every reader needs."""
    if hasattr(frame, "iloc") and hasattr(frame, "columns"):  # pandas and its likenesses
        _check_labels(frame.columns)  # narwhals would stop at repeated names with its own error
    try:
        opened: Any = nw.from_native(frame, pass_through=False, allow_series=False)
    except TypeError as error:
        raise DataError.not_a_frame(frame) from error
    if isinstance(opened, nw.LazyFrame):
        raise DataError.lazy_frame(frame)
    return opened  # type: ignore[no-any-return]


def _check_labels(found: Iterable[Any]) -> None:
    """Refuse pandas labels that repeat or are no strings."""
    labels = list(found)
    for label in labels:
        if not isinstance(label, str):
            raise DataError.bad_column_name(label)
    repeated = [label for label, count in Counter(labels).items() if count > 1]
    if repeated:
        raise DataError.duplicate_columns(repeated)


def _column(frame: Any, name: str) -> "nw.Series[Any]":  # noqa: ANN401
    """One column behind narwhals."""
    opened = _opened(frame)
    if opened.shape[0] == 0 or opened.shape[1] == 0:
        raise DataError.empty(opened.shape[1])
    found = opened.columns
    if name not in found:
        raise DataError.unknown_column(name, tuple(found))
    column = opened[name]
    # Arrays have no integers of 128 bits, and as floating-point numbers they are as good.
    return column.cast(nw.Float64) if column.dtype in (nw.Int128, nw.UInt128) else column


def _holds_numbers(column: "nw.Series[Any]") -> bool:
    """Whether an untyped column (pandas object) has nothing but numbers, truth values and gaps."""
    if column.dtype != nw.Object:
        return False
    kinds = (bool, int, float, np.integer, np.floating, np.bool_, type(None))
    return all(isinstance(cell, kinds) for cell in column)
