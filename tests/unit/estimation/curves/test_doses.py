"""The dose-response curve: found where a line is wrong, with intervals that hold."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression

from causalsim.datasets.doses import confounded_doses
from causalsim.errors.curves import CurveError
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import estimate
from causalsim.estimation.crossfitting.learners import Mean, Ridge
from causalsim.estimation.curves import DoseResponse, estimate_curve
from causalsim.estimation.curves.densities import DoseDensity
from causalsim.estimation.curves.smoothing import best_bandwidth, local_weights
from causalsim.estimation.reading.doses import DoseTask
from causalsim.estimation.reading.roles import Roles
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify
from causalsim.seeds import seeded

ANSWER = identify(Graph("x1 -> d <- x2; x1 -> y <- x2; d -> y"), Query("y", do="d"))
PLACES = (-0.8, -0.4, 0.0, 0.4, 0.8)
QUICK = DoseResponse(PLACES, folds=2, repeats=1, outcome=Ridge(), dose=Ridge(products=False))


def test_the_curve_is_found_where_the_rows_mislead() -> None:
    data = confounded_doses(4000, seed=1)
    curve = estimate_curve(ANSWER, data.frame, by=QUICK, seed=1)
    for at in PLACES:
        assert abs(curve[at].value - data.mean(at)) < 4 * curve[at].standard_error
        assert curve[at].standard_error < 0.15
    near = data.frame[np.abs(data.frame.d - 0.8) < 0.1].y.mean()
    assert abs(near - data.mean(0.8)) > 4 * curve[0.8].standard_error
    assert curve.plot().get_ylabel() == "mean y"
    assert "local quadratics" in curve.why


def test_two_doses_compared_are_an_effect() -> None:
    data = confounded_doses(2000, seed=2)
    effect = estimate(ANSWER, data.frame, by=QUICK, seed=1, arms=(-0.8, 0.8))
    curve = estimate_curve(ANSWER, data.frame, by=QUICK, seed=1)
    again = curve.between(-0.8, 0.8)
    assert effect.value == pytest.approx(again.value, rel=1e-9)
    assert effect.standard_error == pytest.approx(again.standard_error, rel=1e-9)
    assert abs(effect.value - (data.mean(0.8) - data.mean(-0.8))) < 4 * effect.standard_error
    assert effect.recipe.contrast == "d = 0.8 minus d = -0.8"
    back = estimate(ANSWER, data.frame, by=QUICK, seed=1, arms=(0.8, -0.8))
    assert back.value == pytest.approx(-effect.value, rel=1e-9)


@pytest.mark.parametrize("right", ["outcome", "density"])
def test_one_right_half_is_enough(right: str) -> None:
    data = confounded_doses(6000, seed=3)
    good = right == "outcome"
    by = DoseResponse(
        (-0.6, 0.6),
        folds=2,
        repeats=1,
        outcome=Ridge() if good else Mean(),
        dose=Mean() if good else Ridge(products=False),
    )
    neither = DoseResponse((-0.6, 0.6), folds=2, repeats=1, outcome=Mean(), dose=Mean())
    truth = data.mean(0.6) - data.mean(-0.6)
    found = estimate_curve(ANSWER, data.frame, by=by, seed=1).between(-0.6, 0.6)
    wrong = estimate_curve(ANSWER, data.frame, by=neither, seed=1).between(-0.6, 0.6)
    assert abs(found.value - truth) < 4 * found.standard_error
    assert abs(wrong.value - truth) > 6 * found.standard_error


def test_intervals_and_the_band_hold_as_often_as_they_say() -> None:
    held, everywhere, values, errors = [], [], [], []
    for seed in range(50):
        data = confounded_doses(800, seed=seed)
        told = estimate_curve(ANSWER, data.frame, by=QUICK, seed=seed).to_frame()
        truth = np.array([data.mean(at) for at in PLACES])
        held.append(((told.low <= truth) & (truth <= told.high)).mean())
        everywhere.append(((told.band_low <= truth) & (truth <= told.band_high)).all())
        values.append(told.value - truth)
        errors.append(told.standard_error)
    # Fifty studies; intervals of one study are nearly independent along the curve.
    assert np.mean(held) >= 0.88
    assert np.mean(everywhere) >= 0.84
    assert np.median(errors) == pytest.approx(np.std(values, axis=0).mean(), rel=0.4)


def test_a_parabola_is_its_own_local_quadratic() -> None:
    places = np.sort(np.random.default_rng(1).normal(size=200))
    share = np.random.default_rng(2).random(200)
    made = local_weights(places, share, 0.3, 0.8, 2)
    assert made is not None
    assert made[0] @ (1 + 2 * places - 3 * places**2) == pytest.approx(1 + 0.6 - 0.27, rel=1e-9)
    assert local_weights(places, share, 9.0, 0.8, 2) is None


def test_the_bandwidth_is_wide_for_a_line_and_narrow_for_a_wave() -> None:
    rng = np.random.default_rng(3)
    places, noise = rng.normal(size=(2, 1000))
    ones = np.ones(1000)
    line = best_bandwidth(places, ones, places + 0.3 * noise)
    wave = best_bandwidth(places, ones, np.sin(5 * places) + 0.3 * noise)
    assert wave < 0.5 * line


def test_the_bandwidth_leaves_one_row_out() -> None:
    """The shortcut against fits that really leave the row out."""
    rng = np.random.default_rng(4)
    places = np.linspace(0.0, 1.0, 60)
    heights = np.sin(3 * places) + 0.1 * rng.normal(size=60)
    ones = np.ones(60)
    for row in (10, 30):
        kept = np.arange(60) != row
        out = local_weights(places[kept], ones[kept], places[row], 0.2, 1)
        whole = local_weights(places, ones, places[row], 0.2, 1)
        assert out is not None
        assert whole is not None
        short = (heights[row] - whole[0] @ heights) / (1 - whole[0][row])
        assert short == pytest.approx(heights[row] - out[0] @ heights[kept], rel=1e-9)


def test_the_density_of_the_dose() -> None:
    frame = confounded_doses(4000, seed=5).frame
    task = DoseTask.of(frame, Query("y", do="d"), ("x1", "x2"), Roles())
    folds = np.arange(4000) % 2
    density = DoseDensity.learnt(task, folds, Ridge(products=False), seeded(1))
    center = 0.5 * np.sin(2 * frame.x1) + 0.5 * frame.x2 - 0.25
    scale = 0.6 + 0.3 * frame.x2
    true = np.exp(-0.5 * ((frame.d - center) / scale) ** 2) / (scale * np.sqrt(2 * np.pi))
    assert np.corrcoef(density.of(task.dose), true)[0, 1] > 0.95
    line = np.linspace(-6, 6, 2001)
    total = [density.of(np.full(4000, at))[:5] for at in line]
    assert np.sum(total, axis=0) * (line[1] - line[0]) == pytest.approx(np.ones(5), abs=0.01)


def test_weights_clusters_polars() -> None:
    frame = confounded_doses(800, seed=6).frame.assign(i=lambda d: np.arange(len(d)))
    by = DoseResponse((0.0,), folds=2, repeats=1, outcome=Mean(), dose=Mean(), bandwidth=0.5)
    once = estimate_curve(ANSWER, frame, by=by)[0.0]
    weighted = estimate_curve(ANSWER, pl.from_pandas(frame).with_columns(w=2.0), by=by, weights="w")
    assert weighted[0.0].value == pytest.approx(once.value, rel=1e-9)
    twice = pd.concat([frame, frame], ignore_index=True)
    grouped = estimate_curve(ANSWER, twice, by=by, clusters="i")[0.0]
    assert grouped.standard_error == pytest.approx(once.standard_error, rel=0.1)
    naive = estimate_curve(ANSWER, twice, by=by)[0.0]
    assert naive.standard_error == pytest.approx(once.standard_error / np.sqrt(2), rel=0.1)


def test_scales() -> None:
    frame = confounded_doses(800, seed=7).frame
    line = LinearRegression()
    plain = DoseResponse(PLACES, folds=2, repeats=1, outcome=line, dose=line)
    moved = tuple(10 * at + 3 for at in PLACES)
    wider = DoseResponse(moved, folds=2, repeats=1, outcome=line, dose=line)
    once = estimate_curve(ANSWER, frame, by=plain, seed=1)
    other = frame.assign(d=10 * frame.d + 3, y=-2 * frame.y)
    turned = estimate_curve(ANSWER, other, by=wider, seed=1)
    for one, two in zip(once, turned, strict=True):
        assert two.value == pytest.approx(-2 * one.value, rel=1e-6)
        assert two.standard_error == pytest.approx(2 * one.standard_error, rel=1e-6)


def test_clipping_is_told() -> None:
    rng = np.random.default_rng(8)
    x1, x2, e, f = rng.normal(size=(4, 1000))
    d = 2 * x1 + 0.4 * e
    frame = pd.DataFrame({"x1": x1, "x2": x2, "d": d, "y": d + x1 + f})
    by = DoseResponse((0.0,), folds=2, repeats=1, outcome=Ridge(), dose=Ridge())
    assert "times as likely" in estimate_curve(ANSWER, frame, by=by).why


def test_little_left_of_the_dose_is_told() -> None:
    x1, x2, e, f = np.random.default_rng(11).normal(size=(4, 1000))
    line = LinearRegression()
    by = DoseResponse((0.0,), folds=2, repeats=1, outcome=line, dose=line)
    told = "covariates explain 97 % of d: the estimate rests on the little that is left of it"
    for noise, near in ((0.17, True), (0.3, False)):  # R2 = 1 / (1 + noise^2) = 0.97 and 0.92
        frame = pd.DataFrame({"x1": x1, "x2": x2, "d": x1 + noise * e, "y": x1 + f})
        curve = estimate_curve(ANSWER, frame, by=by)
        assert (told in curve.why) == near
        assert any("covariates explain" in note for note in curve[0.0].notes) == near


@pytest.mark.parametrize("wrong", ["a", -1.0, 0.0, float("nan"), float("inf"), True, (1.0,)])
def test_a_width_is_a_positive_number(wrong: object) -> None:
    with pytest.raises(EstimationError, match="bandwidth must be a positive number, or None"):
        DoseResponse(bandwidth=wrong)  # type: ignore[arg-type]
    assert DoseResponse(bandwidth=np.float32(0.5)).bandwidth == 0.5


@pytest.mark.parametrize("wrong", ["a", None, -0.1, 1.0, float("nan")])
def test_a_clip_is_a_share(wrong: object) -> None:
    with pytest.raises(EstimationError, match="clip must be a number from 0 to below 1"):
        DoseResponse(clip=wrong)  # type: ignore[arg-type]


def test_what_it_refuses() -> None:
    frame = confounded_doses(400, seed=9).frame
    with pytest.raises(CurveError, match="which two doses"):
        estimate(ANSWER, frame, by=DoseResponse())
    with pytest.raises(CurveError, match="outside the doses in the frame"):
        estimate_curve(ANSWER, frame, by=DoseResponse((0.0, 50.0)))
    far = DoseResponse((float(frame.d.max()),), 2, 1, Ridge(), Ridge(), bandwidth=0.05)
    with pytest.raises(CurveError, match="there are about"):
        estimate_curve(ANSWER, frame, by=far)
    with pytest.raises(CurveError, match="3 different values"):
        estimate_curve(ANSWER, frame.assign(d=np.arange(400) % 3), by=DoseResponse())
    with pytest.raises(CurveError, match="doses, rising"):
        DoseResponse((1.0, 0.0))
    with pytest.raises(CurveError, match="doses, rising"):
        DoseResponse((float("nan"),))
    with pytest.raises(EstimationError, match="bandwidth"):
        DoseResponse(bandwidth=-1.0)
    with pytest.raises(EstimationError, match="clip"):
        DoseResponse(clip=2.0)
    with pytest.raises(EstimationError, match="folds"):
        DoseResponse(folds=1)
    with pytest.raises(EstimationError, match="two different doses"):
        estimate(ANSWER, frame, by=DoseResponse(), arms=(1, 1))
    with pytest.raises(EstimationError, match="predict 'd' exactly"):
        estimate_curve(ANSWER, frame.assign(d=frame.x1), by=DoseResponse(dose=LinearRegression()))
    with pytest.raises(EstimationError, match="The frame has 30 rows"):
        estimate_curve(ANSWER, frame.iloc[:30], by=DoseResponse())
    with pytest.raises(DataError, match="'d' must be numeric"):
        estimate_curve(ANSWER, frame.assign(d="much"), by=DoseResponse())
    with pytest.raises(EstimationError, match="no formula to estimate"):
        estimate_curve(identify(Graph("d -> y; d <-> y"), Query("y", do="d")), frame, by=QUICK)


def test_the_default_places_and_equal_seeds() -> None:
    frame = confounded_doses(1000, seed=10).frame
    by = DoseResponse(folds=2, outcome=Ridge(), dose=Ridge())
    one, two = (estimate_curve(ANSWER, frame, by=by, seed=3, units="kg") for _ in range(2))
    assert len(one) == 25
    assert one.at[0] == pytest.approx(np.quantile(frame.d, 0.05))
    assert [effect.value for effect in one] == [effect.value for effect in two]
    assert "mean y (kg)" in one.plot().get_ylabel()
    assert one.effects[3].recipe.low is None
