"""Many worlds in one call: what comes back, in which form, and every misuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyro.distributions as dist
import pytest

from causalsim import Graph
from causalsim.errors.base import CausalsimError
from causalsim.errors.worlds import InterventionWarning
from causalsim.scm import (
    SCM,
    Draw,
    Edge,
    From,
    Imperfect,
    Particles,
    Policy,
    Replace,
    Shift,
    frequencies,
    linear,
    logistic,
)
from causalsim.scm.parallel.running import batches

CONTROL_AND_TREATED: dict[str, dict[Any, Any]] = {"control": {"x": 0.0}, "treated": {"x": 1.0}}


def mediated() -> SCM:
    return SCM(
        Graph("x -> m -> y <- x"),
        {"x": linear({}), "m": linear({"x": 0.5}), "y": linear({"x": 0.7, "m": 0.4})},
    )


def flip() -> SCM:
    return SCM(
        Graph("x -> y"),
        {"x": frequencies({0: 0.5, 1: 0.5}), "y": logistic({"x": 1.5}, intercept=-0.5)},
    )


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_frames_come_back_in_the_kind_they_came_in(kind: Any) -> None:
    model = mediated()
    rows = model.sample(3, seed=1)
    seen = kind(rows.to_dict("list"))
    found = model.worlds(CONTROL_AND_TREATED, seen)
    assert isinstance(found.frame, kind)
    assert found.frame.columns[0] == "world"
    assert found.frame.shape == (6, 4)
    assert isinstance(found["treated"].frame, kind)
    gain = found["treated"]["y"] - found["control"]["y"]
    assert list(gain) == pytest.approx([0.9] * 3)


def test_the_index_of_a_pandas_frame_is_kept() -> None:
    model = mediated()
    rows = model.sample(2, seed=1).set_axis(["ann", "bob"], axis=0)
    found = model.worlds(CONTROL_AND_TREATED, rows)
    assert list(found["treated"]["y"].index) == ["ann", "bob"]
    assert list(found.frame.index) == ["ann", "bob"] * 2


def test_a_result_does_not_follow_later_changes_of_the_frame() -> None:
    model = mediated()
    rows = model.sample(2, seed=1)
    found = model.counterfactual(rows, do={"m": 0.0})
    before = found.frame
    rows.loc[0, "x"] = 99.0
    pd.testing.assert_frame_equal(found.frame, before)
    pd.testing.assert_frame_equal(found.frame, model.counterfactual(before, do={"m": 0.0}).frame)


def test_contrasts_draw_by_draw() -> None:
    model = flip()
    people = pd.DataFrame({"x": [1, 1], "y": [1, 0]})
    found = model.worlds({"off": {"x": 0}, "on": {"x": 1}}, people, draws=400, seed=1)
    gain = found["on"].draws("y") - found["off"].draws("y")
    assert gain.values.shape == (400, 2)
    low, high = gain.interval(0.9)
    assert (low <= gain.mean()).all()
    assert (gain.mean() <= high).all()
    # Who stayed well with it stays so or falls ill; who fell ill with it does so without it.
    never, harm = gain.probability(lambda v: v < 0)
    assert never == harm == 0.0
    assert gain.mean()[1] == 0.0
    assert 0.2 < gain.mean()[0] < 0.8
    assert gain.average().shape == (400,)
    assert (gain * 2.0 + 1.0).mean()[1] == 1.0
    assert str(gain) == "400 draws for 2 units"


def test_xarray_has_draws_worlds_and_units() -> None:
    found = flip().worlds({"off": {"x": 0}, "on": {"x": 1}}, units=5, draws=3, seed=1)
    data = found.to_xarray()
    assert dict(data.sizes) == {"draw": 3, "world": 2, "unit": 5}
    assert data["x"].sel(world="on").to_numpy().tolist() == [[1] * 5] * 3


def test_what_worlds_have_in_common_is_one_node_and_what_differs_is_batched() -> None:
    from causalsim.scm.parallel.asking import acted
    from causalsim.scm.parallel.nodes import side_by_side

    model = mediated()
    done = {"": {}, "a": {"x": 0.0}, "b": {"x": 1.0}, "again": {"x": 1.0}, "late": {"y": 2.0}}
    worlds = {name: acted(model, actions) for name, actions in done.items()}
    found = side_by_side(worlds)
    assert found.places["again"] == found.places["b"]
    assert found.places["late"] == {"x": "x", "m": "m", "y": "y@late"}
    assert {node.noise for node in found.nodes.values() if node.variable == "m"} == {"m"}
    wanted = set(found.nodes) - set(worlds[""])
    assert ["m@a", "m@b"] in batches(found, wanted)


def test_evidence_of_a_trial_is_asked_about_the_other_arm() -> None:
    """Seen under do(x=0), asked under do(x=1), and where nothing is done."""
    trial = pd.DataFrame({"m": [1.0], "y": [2.0]})
    worlds = {**CONTROL_AND_TREATED, "left alone": {}}
    found = mediated().worlds(worlds, {"control": trial}, draws=2000, seed=1)
    assert found["treated"]["m"].tolist() == pytest.approx([1.5])
    assert found["treated"]["y"].tolist() == pytest.approx([2.0 + 0.7 + 0.4 * 0.5])
    # What x would be by itself the trial does not tell.
    drawn = found["left alone"].draws("x").values
    assert abs(drawn.mean()) < 4 / 2000**0.5
    assert "the prior of (x)" in found.why
    assert not found.diagnostics.exact


def test_evidence_in_two_arms_narrows_what_one_leaves_open() -> None:
    """y(0)=0 and y(1)=1 pin the noise between the two thresholds, and so y elsewhere."""
    model = SCM(Graph("x -> y"), {"x": linear({}), "y": logistic({"x": 1.0})})
    worlds = {f"{x}": {"x": x} for x in (0.0, 1.0, 2.0)}
    seen = {"0.0": pd.DataFrame({"y": [0]}), "1.0": pd.DataFrame({"y": [1]})}
    one = model.worlds(worlds, {"0.0": seen["0.0"]}, draws=4000, seed=1)
    two = model.worlds(worlds, seen, draws=4000, seed=1)
    risk = [1 / (1 + np.exp(-x)) for x in (0.0, 1.0, 2.0)]
    expected = (risk[2] - risk[0]) / (1 - risk[0])
    error = (expected * (1 - expected) / 4000) ** 0.5
    assert one["2.0"].probability("y", 1)[0] == pytest.approx(expected, abs=4 * error)
    assert two["2.0"].probability("y", 1)[0] == 1.0
    with pytest.raises(CausalsimError, match="probability zero"):
        model.worlds(worlds, {"0.0": seen["1.0"], "1.0": seen["0.0"]})


def test_every_action_in_one_question() -> None:
    model = mediated()
    rows = model.sample(200, seed=1)
    found = model.worlds(
        {
            "actual": {},
            "shift": {"x": Shift(1.0)},
            "double": {"x": Policy(lambda x: 2 * x)},
            "by m": {"y": Policy(lambda m: 10 * m)},
            "drawn": {"x": Draw(dist.Normal(5.0, 1.0))},
            "half": {"x": Imperfect(0.5, 100.0)},
            "new line": {"y": Replace(linear({"x": 7.0}))},
            "new spread": {"y": Replace(linear({"x": 7.0}, scale=3.0))},
            "arrow": {Edge("x", "y"): Shift(1.0)},
            "nested": {"x": Shift(1.0), "m": From("actual")},
            "nested arrow": {Edge("x", "m"): From("shift")},
        },
        rows,
        seed=1,
    )
    noise = rows["y"] - 0.7 * rows["x"] - 0.4 * rows["m"]
    assert np.allclose(found["actual"]["y"], rows["y"])
    assert np.allclose(found["shift"]["y"] - rows["y"], 0.9)
    assert np.allclose(found["double"]["x"], 2 * rows["x"])
    assert np.allclose(found["by m"]["y"], 10 * rows["m"])
    assert found["drawn"]["x"].mean() == pytest.approx(5.0, abs=4 / 200**0.5)
    assert abs(np.corrcoef(found["drawn"]["x"], rows["x"])[0, 1]) < 4 / 200**0.5
    taken = found["half"]["x"] == 100.0
    assert taken.mean() == pytest.approx(0.5, abs=4 * 0.5 / 200**0.5)
    assert np.allclose(found["half"]["x"][~taken], rows["x"][~taken])
    assert np.allclose(found["new line"]["y"], 7 * rows["x"] + noise)
    assert abs(np.corrcoef(found["new spread"]["y"] - 7 * rows["x"], noise)[0, 1]) < 4 / 200**0.5
    assert np.allclose(found["arrow"]["y"] - rows["y"], 0.7)
    assert np.allclose(found["nested"]["y"] - rows["y"], 0.7)
    assert np.allclose(found["nested arrow"]["y"] - rows["y"], 0.4 * 0.5)
    assert "new draws of" in str(found.diagnostics)


def test_an_imperfect_action_takes_as_often_as_it_says() -> None:
    found = mediated().worlds({"some": {"x": Imperfect(0.3, 100.0)}}, units=40_000, seed=1)
    share = (found["some"]["x"] == 100.0).mean()
    assert share == pytest.approx(0.3, abs=4 * (0.21 / 40_000) ** 0.5)
    each = mediated().worlds({"some": {"x": Imperfect([0.0, 1.0, 0.0], 100.0)}}, units=3)
    assert (each["some"]["x"] == 100.0).tolist() == [False, True, False]


def test_an_imperfect_action_is_evidence_like_any_other() -> None:
    """Seen under an imperfect prescription: the exact answer over levels, and draws of it."""
    model = flip().do(x=Imperfect(0.5, 1))
    exact = model.answer("P(y(x=0)=0 | x=1, y=1)")
    # Whoever is at x=1, prescribed or not, has the same posterior of the noise of y.
    assert exact.value == pytest.approx(flip().answer("P(y(x=0)=0 | x=1, y=1)").value)
    assert model.answer("P(x=1)").value == pytest.approx(0.75)
    drawn = model.answer("P(x=1 | y=1)", by=Particles(20_000), draws=20_000, seed=1)
    assert abs(drawn.value - model.answer("P(x=1 | y=1)").value) < 4 * drawn.error


def test_an_action_on_an_arrow_is_seen_in_the_graph_and_the_samples() -> None:
    model = mediated()
    cut = model.do({Edge("x", "y"): 0.0})
    assert str(cut.graph) == "x -> m\nm -> y"
    kept = model.do({Edge("x", "y"): Shift(2.0)})
    assert kept.graph == model.graph
    gain = kept.sample(5, seed=1)["y"] - model.sample(5, seed=1)["y"]
    assert gain.tolist() == pytest.approx([1.4] * 5)
    rows = kept.sample(5, seed=1)
    assert np.allclose(kept.abduct(rows), model.abduct(model.sample(5, seed=1)))
    assert list(kept.counterfactual(rows, do={"x": 1.0}).frame.columns) == ["x", "m", "y"]


def test_a_value_that_never_occurs_is_warned_of() -> None:
    model = SCM.from_equations({"x": dist.Uniform(0.0, 1.0), "y": lambda x: 2 * x})
    with pytest.warns(InterventionWarning, match="'x' is never 5 by itself"):
        model.do(x=5.0)


def test_results_explain_themselves() -> None:
    found = mediated().worlds(CONTROL_AND_TREATED, mediated().sample(2, seed=1))
    assert str(found) == (
        "2 units in 2 worlds: control, treated (inversion of each observed mechanism; exact)"
    )
    assert "treated: x := 1.0; it changes x, m, y." in found.why
    assert "<table" in found._repr_html_()
    assert list(found) == ["control", "treated"]
    assert found.to_dict()["treated"] == found["treated"].to_dict()


ROWS = mediated().sample(3, seed=1)
MISUSES: dict[str, tuple[Callable[[], Any], str]] = {
    "no world": (lambda: mediated().worlds({}, ROWS), "names at least one"),
    "a list of worlds": (lambda: mediated().worlds([{"x": 1.0}], ROWS), "names at least one"),
    "neither frame nor units": (lambda: mediated().worlds({"a": {}}), "rows of a frame, or of new"),
    "both": (lambda: mediated().worlds({"a": {}}, ROWS, units=3), "rows of a frame, or of new"),
    "no units": (lambda: mediated().worlds({"a": {}}, units=0), "positive whole number"),
    "an unknown target": (lambda: mediated().worlds({"a": {"z": 1}}, ROWS), "no variable 'z'"),
    "evidence in an unknown world": (
        lambda: mediated().worlds(CONTROL_AND_TREATED, {"treatd": ROWS}),
        "did you mean 'treated'?",
    ),
    "no evidence at all": (
        lambda: mediated().worlds(CONTROL_AND_TREATED, {}),
        "rows of a frame, or of new",
    ),
    "evidence on different units": (
        lambda: mediated().worlds(CONTROL_AND_TREATED, {"control": ROWS, "treated": ROWS[:2]}),
        "different numbers of rows",
    ),
    "evidence against the action": (
        lambda: mediated().worlds(CONTROL_AND_TREATED, {"treated": ROWS}),
        "probability zero to the value of 'x'",
    ),
    "a world that is not there": (
        lambda: mediated().worlds({"a": {"m": From("b")}}, ROWS),
        "no world 'b'",
    ),
    "From alone": (lambda: mediated().do(m=From("b")), "there is none here"),
    "From nowhere": (lambda: mediated().worlds({"a": {"m": From("")}}, ROWS), "name of a world"),
    "worlds that wait for each other": (
        lambda: mediated().worlds({"a": {"m": From("b")}, "b": {"m": From("a")}}, ROWS),
        "wait for each other",
    ),
    "an arrow that is not there": (
        lambda: mediated().do({Edge("y", "x"): 1.0}),
        "no arrow y -> x",
    ),
    "an arrow out of nothing": (lambda: mediated().do({Edge("q", "y"): 1.0}), "no variable 'q'"),
    "a policy on a descendant": (lambda: mediated().do(x=lambda y: y), "x -> y -> x"),
    "a chance beyond one": (lambda: mediated().do(x=Imperfect(1.5, 0.0)), "from 0 to 1"),
    "an imperfect shift": (lambda: mediated().do(x=Imperfect(0.5, Shift(1.0))), "own noise"),
    "an equation with other values": (
        lambda: mediated().do(y=Replace(logistic({"x": 1.0}))),
        "gives other values",
    ),
    "an equation that reads strangers": (
        lambda: mediated().do(y=Replace(linear({"q": 1.0}))),
        "no variable 'q'",
    ),
    "an equation that is none": (lambda: mediated().do(y=Replace(3.0)), "Cannot do 3.0"),
    "an unknown result": (
        lambda: mediated().worlds(CONTROL_AND_TREATED, ROWS)["treat"],
        "did you mean 'treated'?",
    ),
    "values for another number of rows": (
        lambda: mediated().worlds({"a": {"x": [1.0, 2.0]}}, ROWS),
        "shape (2,) for 3 unit(s)",
    ),
    "draws of other units": (
        lambda: (
            mediated().worlds({"a": {}}, units=3)["a"].draws("y")
            - mediated().worlds({"a": {}}, units=2)["a"].draws("y")
        ),
        "shape (1, 2) for 3 unit(s)",
    ),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_misuse_is_a_clear_error_with_a_hint(misuse: str) -> None:
    action, words = MISUSES[misuse]
    with pytest.raises(CausalsimError) as caught:
        action()
    assert words in str(caught.value)
    assert caught.value.hint
