"""Long frames a piece at a time: the same numbers, and results that stand by themselves."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from pyro.distributions import Exponential, Normal

from causalsim import SCM, frames
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import Shift, linear, logistic
from causalsim.scm.imagining import row_parts
from causalsim.scm.mechanisms.written.adding import adds_noise
from causalsim.scm.mechanisms.written.equation import Equation
from causalsim.scm.parallel import asking

N = Normal(0.0, 1.0)


def chain() -> SCM:
    return SCM.from_equations(
        {
            "x": N,
            "m": lambda x, u=N: torch.tanh(x) + u,
            "y": lambda m, x, u=N: u + m * x,
            "z": lambda y, u=N: y * (1.0 + 0.1 * torch.sigmoid(y)) + 2.0 * u,
        }
    )


ROWS = chain().sample(1_000, seed=1)


@pytest.mark.parametrize("do", [{"x": 1.0}, {"x": np.linspace(0, 1, 1000)}, {"m": Shift(0.5)}])
def test_pieces_give_the_same_numbers(
    do: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = chain().counterfactual(ROWS, do=do).frame
    monkeypatch.setattr(row_parts, "_CACHED", 64)
    monkeypatch.setattr(row_parts, "_AT_ONCE", 96)
    parts = chain().counterfactual(ROWS, do=do)
    pd.testing.assert_frame_equal(parts.frame, whole, rtol=0, atol=1e-13)
    assert parts.diagnostics.exact
    odd = SCM.from_equations({"x": Exponential(1.0), "y": lambda x, u=N: x + u})
    rows = pd.DataFrame({"x": np.ones(1000), "y": np.zeros(1000)})
    rows.loc[700, "x"] = -1.0
    with pytest.raises(ModelError, match="first in row 700"):
        odd.counterfactual(rows, do={"x": Shift(1.0)})


@pytest.mark.parametrize("piece", [1, 32_768])
def test_what_is_written_to_an_answer_stays_there(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers share no cells with the model, the evidence, each other, or the draws."""
    monkeypatch.setattr(row_parts, "_CACHED", max(piece, 1))
    given = np.linspace(0.0, 1.0, 1000)
    acted = chain().do(x=given)
    model = SCM.from_equations({"a": N, "b": lambda a: a, "c": lambda a, u=N: a + u})
    rows = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0], "c": [1.0, 2.0]})
    result = model.counterfactual(rows, do={"a": 0.0})
    kept = result.draws_of["c"].clone()
    shown, again = result.frame, result.frame
    for name in ("a", "b", "c"):
        shown.loc[0, name] = 99.0
    assert again["c"].tolist() == result["c"].tolist() == kept[0].tolist()
    assert torch.equal(result.draws_of["c"], kept)
    alone = model.counterfactual(rows, do={"a": 0.0}).frame  # nothing else holds on to its cells
    alone.loc[0, "a"] = 5.0
    assert alone["a"].tolist() == [5.0, 0.0]
    assert alone["b"].tolist() == [0.0, 0.0]
    monkeypatch.setattr(row_parts, "_CACHED", 32_768 if piece > 1 else 300)
    first = chain().counterfactual(ROWS, do={"x": given}).frame
    first.loc[:, "x"] = -1.0
    assert given[500] == pytest.approx(500 / 999)
    second = acted.counterfactual(ROWS.assign(x=given), do={"m": 0.0}).frame
    second.loc[:, "m"] = 7.0
    assert float(acted.mechanisms["x"].produce({}, torch.zeros(()))[1]) == pytest.approx(1 / 999)
    before = ROWS.copy()
    third = chain().counterfactual(ROWS, do={"z": 0.0}).frame
    third.loc[0, "x"] = 1e6
    pd.testing.assert_frame_equal(ROWS, before)


def test_an_answer_does_not_move_when_the_evidence_is_written_to() -> None:
    rows = ROWS.copy()
    result = chain().counterfactual(rows, do={"m": 0.0})
    before = result.frame.copy()
    rows.loc[:, :] = 0.0
    pd.testing.assert_frame_equal(result.frame, before)


def test_polars_and_odd_columns_are_read_alike() -> None:
    expected = chain().counterfactual(ROWS, do={"x": 1.0}).frame
    found = chain().counterfactual(pl.from_pandas(ROWS), do={"x": 1.0}).frame
    np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())
    narrow = ROWS.assign(x=ROWS["x"].astype("float32"), note="text")
    kept = chain().counterfactual(narrow, do={"x": 1.0}).frame
    assert (kept["note"] == "text").all()
    whole = pd.DataFrame({"x": [1, 2], "y": [True, False]})
    levels = SCM(Graph("x -> y"), {"x": linear({}), "y": logistic({"x": 1.0})})
    assert set(levels.counterfactual(whole, do={"x": 0.0}, seed=1)["y"]) <= {0, 1}


def test_only_noise_that_is_added_is_taken_for_added() -> None:
    added = {
        name: found.adds
        for name, found in chain().mechanisms.items()
        if name != "x"
        if isinstance(found, Equation)
    }
    assert added == {"m": True, "y": True, "z": False}
    pair = {"x": torch.randn(4).double(), "u": torch.randn(4).double()}
    for function, adds in (
        (lambda x, u: u - x, True),
        (lambda x, u: x - u, False),
        (lambda x, u: x + u + u, False),
        (lambda x, u: torch.where(x > 0, x + u, u), False),
        (lambda x, u: x + u if u.max() < 9 else x, False),
        (lambda x, u: torch.add(x, u, alpha=2), False),
        (lambda x, u: torch.as_tensor(x.numpy() + u.numpy()), False),
        (lambda x, u: x.clone().add_(u), False),
        (lambda x, u: x, False),
    ):
        assert adds_noise(function, pair, "u", {}) is adds


def test_frames_lend_and_look_without_copying() -> None:
    rows = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    found = frames.views(rows, ["a"])
    assert found is not None
    assert np.shares_memory(found["a"], rows["a"].to_numpy())
    assert frames.views(rows, ["b"]) is None
    assert frames.views(rows, ["c"]) is None
    other = frames.views(pl.DataFrame({"a": [1.0, None]}), ["a"])
    assert other is not None
    assert np.isnan(other["a"]).tolist() == [False, True]
    assert frames.views(pl.DataFrame({"b": ["x"]}), ["b"]) is None
    assert frames.rows(rows, slice(1, 2))["b"].tolist() == ["y"]


def test_new_units_come_in_pieces_with_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    worlds = {"a": {"x": 0.0}, "b": {"x": 1.0}, "c": {"m": Shift(1.0)}}
    whole = chain().worlds(worlds, units=5_000, seed=3)
    monkeypatch.setattr(asking, "_CACHED", 64)
    monkeypatch.setattr(asking, "_FEWEST", 50)
    parts = chain().worlds(worlds, units=5_000, seed=3)
    for world in worlds:
        pd.testing.assert_frame_equal(parts[world].frame, whole[world].frame, rtol=0, atol=1e-13)
    curve = chain().dose_response("x", [0.0, 1.0], "m", units=5_000, seed=1)
    assert curve.means[1] - curve.means[0] == pytest.approx(np.tanh(1.0), abs=1e-9)
    drawn = chain().worlds({"a": {"x": 0.0}}, units=300, draws=3, seed=1)
    assert drawn["a"].draws_of["y"].shape == (3, 300)
