"""Nothing is read or predicted twice where once will do, and once gives the same numbers."""

from unittest.mock import patch

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim import frames
from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.data import DataError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Task
from causalsim.estimation.crossfitting.features import Features
from causalsim.estimation.crossfitting.fitting import guessed_means, turns
from causalsim.estimation.crossfitting.learners import Boosting, Ridge, RidgeThenBoosting
from causalsim.estimation.reading.design import design
from causalsim.seeds import seeded

PLAIN = Ridge(products=False)
STAGED = RidgeThenBoosting(PLAIN, Boosting(trees=5))


def test_a_ridge_that_others_start_from_predicts_the_held_out_rows_once() -> None:
    data = nonlinear_confounding(300, seed=1)
    task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
    turn = turns(np.arange(task.height) % 2)[0]
    (alone,) = np.moveaxis(guessed_means(task, (STAGED,), seeded(1), turn), 2, 0)
    asked = []
    along = Features.along

    def counted(self: Features, matrix: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        asked.append(len(matrix))
        return along(self, matrix, slopes)

    with patch.object(Features, "along", counted):
        both = guessed_means(task, (PLAIN, STAGED), seeded(1), turn)
    assert np.array_equal(both[:, :, 1], alone)
    assert not np.array_equal(both[:, :, 0], alone)
    # Per arm once for the rows held out, once for the rows learnt from.
    assert sum(asked) == 2 * len(turn[1]) + len(turn[0])


def test_a_bar_that_was_asked_for_is_shown() -> None:
    assert AIPW(progress=True).crossfit.progress
    assert not AIPW().crossfit.progress


def test_columns_of_every_type_are_read_as_the_numbers_they_are() -> None:
    columns = {
        "real": np.array([0.5, -1.5, 2.0, 0.0]),
        "small": np.array([1, 2, 3, 4], dtype=np.int8),
        "single": np.array([0.25, 1.0, 2.0, 3.0], dtype=np.float32),
        "truth": np.array([True, False, True, True]),
    }
    wanted = np.column_stack([column.astype(np.float64) for column in columns.values()])
    made = pd.DataFrame(columns)
    nullable = made.astype({"real": "Float64", "small": "Int64", "truth": "boolean"})
    for frame in (made, nullable, pl.DataFrame(columns)):
        found = design(frame, tuple(columns))
        assert np.array_equal(found.matrix, wanted)
        assert found.filled == ()
        found.matrix[:] = -9.0
        assert frames.numeric(frame, "real").tolist() == [0.5, -1.5, 2.0, 0.0]


def test_holes_and_infinities_are_still_seen() -> None:
    columns = {"x": [1.0, None, 3.0, 2.0], "z": [1.0, 2.0, 3.0, 4.0], "c": ["b", None, "b", "a"]}
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns)):
        found = design(frame, ("x", "z", "c"))
        assert found.columns == ("x", "x=(missing)", "z", "c=(missing)", "c=a")
        assert found.filled == (("x", 1), ("c", 1))
        wanted = [[1, 0, 1, 0, 0], [2, 1, 2, 1, 0], [3, 0, 3, 0, 0], [2, 0, 4, 0, 1]]
        assert found.matrix.tolist() == wanted
        with pytest.raises(DataError, match="infinities"):
            design(frames.put(frame, {"z": np.array([1.0, np.inf, 2.0, 3.0])}), ("z",))
        with pytest.raises(DataError, match="Hint"):
            design(frame, ("y",))


def test_a_column_is_found_or_missed_as_before() -> None:
    with pytest.raises(DataError, match="no rows"):
        frames.values(pd.DataFrame({"x": []}), "x")
    with pytest.raises(DataError, match="'x'"):
        frames.values(pd.DataFrame({"x": [1]}), "xx")
