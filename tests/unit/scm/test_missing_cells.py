"""Cells that are missing are hidden for their rows only; long frames are taken in pieces."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyro.distributions as dist
import pytest
import torch

from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, Levels, Shift, linear, logistic, table
from causalsim.scm.imagining import row_parts

N = dist.Normal(0.0, 1.0)


def joe() -> SCM:
    return SCM(
        Graph("X -> H -> Y <- X"),
        {"X": linear({}), "H": linear({"X": 0.5}), "Y": linear({"X": 0.7, "H": 0.4})},
    )


def mixed() -> SCM:
    """A name, a number and a truth value, with a hidden cause of the last."""
    city = table((), {(): [0.3, 0.7]}, levels=["Oslo", "Rome"], domains=())
    return SCM(
        Graph("city -> x; z -> y; x -> y", latent="z"),
        {
            "city": city,
            "z": linear({}),
            "x": table(
                ["city"],
                {("Oslo",): [0.5, 0.5], ("Rome",): [0.2, 0.8]},
                levels=[0, 1],
                domains=[Levels(("Oslo", "Rome"))],
            ),
            "y": logistic({"x": 1.0, "z": 2.0}),
        },
    )


ROWS = pd.DataFrame(
    {"X": [0.5, np.nan, 0.5, 0.5], "H": [1.0, 1.0, np.nan, 1.0], "Y": [1.5, 1.5, 1.5, np.nan]},
    index=["all", "no X", "no H", "no Y"],
)


def test_each_row_gets_what_its_own_cells_say() -> None:
    """The four rows of Joe, each against its closed form for Y had H been 2."""
    draws = 20_000
    result = joe().counterfactual(ROWS, do={"H": 2.0}, draws=draws, seed=1)
    drawn = result.draws_of["Y"].numpy()
    np.testing.assert_allclose(drawn[:, 0], 1.9, atol=1e-9)
    # Without X: Y - .4 (2 - H) needs no X. Without H: it is uncertain, given X and Y.
    np.testing.assert_allclose(drawn[:, 1], 1.9, atol=1e-9)
    # H = .25 + e, Y - .35 = .4 H + u: H | X, Y has precision 1 + .16 and this mean.
    mean_h = (0.25 + 0.4 * (1.5 - 0.35)) / 1.16
    spread = 0.4 / 1.16**0.5
    assert abs(drawn[:, 2].mean() - (1.5 + 0.4 * (2 - mean_h))) < 4 * spread / draws**0.5
    assert abs(drawn[:, 2].std() - spread) < 4 * spread / (2 * draws) ** 0.5
    # Without Y: .7 * .5 + .4 * 2 and its noise from the prior.
    assert abs(drawn[:, 3].mean() - 1.15) < 4 / draws**0.5
    assert abs(drawn[:, 3].std() - 1.0) < 4 / (2 * draws) ** 0.5


def test_rows_are_answered_as_they_would_be_alone() -> None:
    """Every pattern by itself is the model without those columns: the same posterior mean."""
    result = joe().counterfactual(ROWS, do={"H": 2.0}, draws=4_000, seed=1)
    for at in range(len(ROWS)):
        alone = ROWS.iloc[[at]].dropna(axis=1)
        expected = joe().counterfactual(alone, do={"H": 2.0}, draws=4_000, seed=2)
        one, other = result.draws_of["Y"][:, at], expected.draws_of["Y"][:, 0]
        error = float((one.var(correction=0) + other.var(correction=0)) / 4_000) ** 0.5
        assert abs(float(one.mean() - other.mean())) <= 4 * error + 1e-9


def test_the_result_says_which_rows_were_computed_how() -> None:
    result = joe().counterfactual(ROWS, do={"H": 2.0}, draws=5, seed=1)
    told = result.diagnostics
    assert [(label, rows) for label, rows, _ in told.patterns] == [
        ("complete", 1),
        ("without X", 1),
        ("without H", 1),
        ("without Y", 1),
    ]
    assert not told.exact
    assert told.patterns[0][2].exact
    assert "Gaussian conditioning of (H, Y)" in told.patterns[2][2].engine
    assert "the prior of (Y)" in told.patterns[3][2].engine
    assert "1 rows without H" in str(result)
    log = told.log_evidence
    assert log is not None
    # Y | X = .5 is Normal(.35 + .4 * .25, 1.16) where H is missing; complete rows infer nothing.
    expected = dist.Normal(0.45, 1.16**0.5).log_prob(torch.tensor(1.5))
    assert abs(log[2] - float(expected)) < 1e-6
    assert np.isnan(log[0])
    assert list(result.frame.index) == list(ROWS.index)


def test_missing_cells_that_an_action_does_not_touch_stay_missing() -> None:
    result = joe().counterfactual(ROWS, do={"H": 2.0}, seed=1)
    assert result.frame["X"].isna().tolist() == [False, True, False, False]
    assert (result.frame["H"] == 2.0).all()


def test_columns_that_nothing_reads_may_miss_cells() -> None:
    rows = ROWS.dropna().assign(note=[np.nan])
    result = joe().counterfactual(rows, do={"H": 2.0}, seed=1)
    assert result.diagnostics.exact
    assert not result.diagnostics.patterns


def test_names_and_polars_and_one_value_a_unit() -> None:
    model = mixed()
    rows = pl.DataFrame(
        {"city": ["Oslo", None, "Rome", "Rome"], "x": [1, 1, None, 0], "y": [1, 0, 1, None]}
    )
    result = model.counterfactual(rows, do={"x": [0, 1, 0, 1]}, draws=50, seed=1)
    assert isinstance(result.frame, pl.DataFrame)
    assert result.frame["x"].to_list() == [0, 1, 0, 1]
    assert result.draws_of["y"].shape == (50, 4)
    # The second row had x = 1 and is left at it, so its y is as it was, whatever z is.
    assert (result.draws_of["y"][:, 1] == 0).all()
    assert len(result.diagnostics.patterns) == 4


def test_a_shift_by_one_amount_a_unit_follows_its_rows() -> None:
    amounts = np.array([1.0, 2.0, 3.0, 4.0])
    rows = ROWS.assign(H=[1.0, 2.0, 3.0, 4.0])
    result = joe().counterfactual(rows, do={"H": Shift(amounts)}, seed=1)
    np.testing.assert_allclose(result["H"], rows["H"] + amounts)
    np.testing.assert_allclose(result["Y"][:3], rows["Y"][:3] + 0.4 * amounts[:3], atol=1e-9)


def test_several_worlds_see_the_same_rows() -> None:
    found = joe().worlds({"low": {"H": 0.0}, "high": {"H": 2.0}}, ROWS, draws=3, seed=1)
    contrast = (found["high"].draws("Y") - found["low"].draws("Y")).values
    np.testing.assert_allclose(contrast, 0.8, atol=1e-9)


def test_long_frames_are_taken_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer piece by piece, also where pieces and missing cells meet."""
    model = joe()
    rows = model.sample(103, seed=1)
    rows.loc[[5, 50, 99], "X"] = np.nan
    values = np.linspace(-1.0, 1.0, 103)
    whole = model.counterfactual(rows, do={"H": values}, draws=2, seed=1)
    monkeypatch.setattr(row_parts, "_AT_ONCE", 10)
    pieces = model.counterfactual(rows, do={"H": values}, draws=2, seed=1)
    np.testing.assert_allclose(pieces["Y"], whole["Y"], atol=1e-9)
    assert [(label, rows) for label, rows, _ in pieces.diagnostics.patterns] == [
        ("complete", 100),
        ("without X", 3),
    ]
    log, again = whole.diagnostics.log_evidence, pieces.diagnostics.log_evidence
    assert log is not None
    assert again is not None
    np.testing.assert_allclose(log, again)


def test_pieces_do_not_share_their_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_parts, "_AT_ONCE", 10)
    rows = pd.DataFrame({"X": np.zeros(20), "H": np.zeros(20)})
    drawn = joe().counterfactual(rows, do={"H": 0.0}, seed=1)["Y"]
    assert len(set(drawn.round(12))) == 20


def refused(**columns: Any) -> None:
    joe().counterfactual(pd.DataFrame(columns), do={"H": 1.0})


REFUSED = {
    "a row without any value": (
        lambda: refused(X=[1.0, np.nan], H=[1.0, np.nan]),
        ModelError,
        "Nothing was observed in 1 row(s) of the frame, first in row 1",
    ),
    "an infinity beside a missing cell": (
        lambda: refused(X=[1.0, np.nan], H=[np.inf, 1.0], Y=[1.0, 1.0]),
        DataError,
        "infinities",
    ),
    "impossible evidence in a row that lacks a cell": (
        lambda: SCM.from_equations(
            {
                "a": N,
                "b": lambda a: 2 * a,
                "c": lambda b, u=N: b + u,
                "d": lambda c, u=N: c + u,
            }
        ).counterfactual(
            pd.DataFrame({"a": [1.0, 1.0, 1.0], "b": [2.0, 2.0, 3.0], "c": [np.nan, 1.0, np.nan]}),
            do={"b": 0.0},
        ),
        ModelError,
        "first in row 2",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_missing_cells_cannot_excuse(case: str) -> None:
    action, kind, words = REFUSED[case]
    with pytest.raises(kind) as caught:
        action()
    assert words in str(caught.value)
