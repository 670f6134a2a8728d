"""The doubly robust front door: equal to the formula, robust twice, refusing what is no door."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from causalsim.datasets.mediators import covariate_front_door, hidden_confounding
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.mediators import MediatorError
from causalsim.estimand.contrasts import average_effect
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Plugin, Ratio, estimate
from causalsim.estimation.mediators import (
    DoublyRobustFrontDoor,
    MediatorCrossFit,
    Through,
    front_door_roles,
)
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer, FrontDoor
from causalsim.identification.strategy import identify
from tests.oracles.saturated import CellMeans, CellShares

LINEAR, LOGISTIC = LinearRegression(), LogisticRegression()
FAST = MediatorCrossFit(2, 1, LINEAR, LINEAR, LOGISTIC, LOGISTIC)
CURVED = make_pipeline(PolynomialFeatures(2), LinearRegression())
BENT = make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=2000))
NOTHING, NOBODY = DummyRegressor(), DummyClassifier(strategy="prior")
SATURATED = MediatorCrossFit(1, 1, CellMeans(), CellMeans(), CellShares(), CellShares(), clip=1e-6)
PLAIN = identify(Graph("a -> m -> y; a <-> y"), Query("y", do="a"))
COVERED = identify(Graph("a -> {m n} -> y; m -> n; a <-> y; c -> {a m n y}"), Query("y", do="a"))


def discrete(rows: int, seed: int) -> pd.DataFrame:
    """Two binary mediators, a binary confounder and a hidden one."""
    rng = np.random.default_rng(seed)
    c, u = rng.integers(0, 2, (2, rows))
    a = (rng.random(rows) < 0.2 + 0.3 * c + 0.3 * u).astype(int)
    m = (rng.random(rows) < 0.2 + 0.4 * a + 0.2 * c).astype(int)
    n = (rng.random(rows) < 0.5 - 0.2 * a + 0.2 * m).astype(int)
    y = m + 2.0 * n * m + c + 2.0 * u + rng.normal(size=rows)
    return pd.DataFrame({"c": c, "a": a, "m": m, "n": n, "y": y, "w": rng.random(rows) + 0.5})


@pytest.mark.parametrize("answer", [PLAIN, COVERED], ids=["plain", "covariates, two mediators"])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("seed", [1, 2])
def test_with_cell_means_it_is_the_formula(answer: Answer, weights: str | None, seed: int) -> None:
    frame = discrete(900, seed)
    exact = estimate(answer, frame, by=Plugin(), weights=weights, seed=1)
    found = estimate(answer, frame, by=DoublyRobustFrontDoor(SATURATED), weights=weights, seed=1)
    assert found.value == pytest.approx(exact.value, rel=1e-10)
    assert found.standard_error == pytest.approx(exact.standard_error, rel=1e-5)
    assert np.allclose(found.influence, exact.influence, atol=1e-4)


@pytest.mark.parametrize(
    "crossfit",
    [
        MediatorCrossFit(2, 1, LINEAR, NOTHING, LOGISTIC, NOBODY),
        MediatorCrossFit(2, 1, NOTHING, NOTHING, LOGISTIC, LOGISTIC, clip=0.001),
    ],
    ids=["outcome right, mediators wrong", "mediators right, outcome wrong"],
)
def test_without_covariates_either_part_is_enough(crossfit: MediatorCrossFit) -> None:
    data = hidden_confounding(20_000, seed=3)
    effect = estimate(PLAIN, data.frame, by=DoublyRobustFrontDoor(crossfit), seed=1)
    assert abs(effect.value - data.effect) < 3.5 * effect.standard_error
    assert effect.standard_error < 0.06


def test_with_both_parts_wrong_it_is_wrong() -> None:
    data = hidden_confounding(20_000, seed=3)
    crossfit = MediatorCrossFit(2, 1, NOTHING, NOTHING, LOGISTIC, NOBODY)
    effect = estimate(PLAIN, data.frame, by=DoublyRobustFrontDoor(crossfit), seed=1)
    assert abs(effect.value - data.effect) > 10 * effect.standard_error


@pytest.mark.parametrize(
    ("outcome", "means", "propensity", "reverse"),
    [
        (CURVED, NOTHING, LOGISTIC, NOBODY),
        (NOTHING, NOTHING, LOGISTIC, BENT),
        (CURVED, CURVED, NOBODY, LOGISTIC),
    ],
    ids=["outcome and propensity", "both propensities", "outcome and its means"],
)
def test_with_covariates_two_parts_of_three_are_enough(
    outcome: object, means: object, propensity: object, reverse: object
) -> None:
    data = covariate_front_door(20_000, seed=3)
    crossfit = MediatorCrossFit(2, 1, outcome, means, propensity, reverse, clip=0.001)
    answer = identify(Graph(data.graph), Query("y", do="a"))
    effect = estimate(answer, data.frame, by=DoublyRobustFrontDoor(crossfit), seed=1)
    assert abs(effect.value - data.effect) < 3.5 * effect.standard_error
    assert effect.standard_error < 0.06


def test_with_wrong_regressions_and_a_wrong_propensity_it_is_wrong() -> None:
    data = covariate_front_door(20_000, seed=3)
    crossfit = MediatorCrossFit(2, 1, NOTHING, NOTHING, NOBODY, NOBODY)
    answer = identify(Graph(data.graph), Query("y", do="a"))
    effect = estimate(answer, data.frame, by=DoublyRobustFrontDoor(crossfit), seed=1)
    assert abs(effect.value - data.effect) > 10 * effect.standard_error


def test_the_default_learners_find_it_and_say_what_they_are() -> None:
    data = hidden_confounding(1500, seed=5)
    by = DoublyRobustFrontDoor(MediatorCrossFit(folds=2, repeats=1))
    effect = estimate(PLAIN, data.frame, by=by, seed=1)
    assert abs(effect.value - data.effect) < 3.5 * effect.standard_error
    naive = data.frame.groupby("a").y.mean().diff().iloc[-1]
    assert naive - data.effect > 3.5 * effect.standard_error
    assert "ratios of propensities" in effect.why
    assert "front-door criterion" in effect.why
    assert effect.to_dict()["estimator"] == "doubly robust front door"
    assert effect.recipe.covariates == ()


def test_intervals_are_those_of_repeated_studies() -> None:
    found = [
        estimate(PLAIN, hidden_confounding(800, seed).frame, by=DoublyRobustFrontDoor(FAST), seed=1)
        for seed in range(60)
    ]
    values = np.array([one.value for one in found])
    errors = np.mean([one.standard_error for one in found])
    assert abs(values.mean() - 1.5) < 4 * values.std() / 60**0.5
    assert errors == pytest.approx(values.std(), rel=0.37)
    # 60 studies of a true 95 % lie within four standard errors, 12 points.
    assert np.mean([1.5 in one.interval() for one in found]) >= 0.83


def test_clusters_ratios_single_means_and_several_arms() -> None:
    frame = discrete(900, seed=4)
    twice = pd.concat([frame, frame], ignore_index=True).assign(row=np.tile(np.arange(900), 2))
    by = DoublyRobustFrontDoor(SATURATED)
    once = estimate(PLAIN, frame, by=by, seed=1)
    again = estimate(PLAIN, twice, by=by, clusters="row", seed=1)
    assert again.value == pytest.approx(once.value, rel=1e-10)
    assert again.standard_error == pytest.approx(once.standard_error * (900 / 899) ** 0.5)
    shifted = frame.assign(y=frame.y + 10)
    means = [
        estimate(identify(PLAIN.graph, Query("y", do={"a": level})), shifted, by=by, seed=1)
        for level in (0, 1)
    ]
    ratio = estimate(PLAIN, shifted, by=DoublyRobustFrontDoor(SATURATED, Ratio()), seed=1)
    assert ratio.value == pytest.approx(means[1].value / means[0].value, rel=1e-10)
    assert (means[1] - means[0]).standard_error == pytest.approx(once.standard_error, rel=1e-9)
    three = frame.assign(a=np.where(frame.index % 7 == 0, 2, frame.a))
    one = estimate(PLAIN, three, by=DoublyRobustFrontDoor(FAST), arms=(0, 2), seed=1)
    exact = estimate(PLAIN, three, by=Plugin(), arms=(0, 2), seed=1)
    assert abs(one.value - exact.value) < exact.standard_error


def test_roles_of_a_door_with_covariates() -> None:
    assert isinstance(PLAIN, FrontDoor)
    assert front_door_roles(PLAIN) == Through("a", "y", ("m",), ())
    assert front_door_roles(COVERED) == Through("a", "y", ("m", "n"), ("c",))


@pytest.mark.parametrize(
    "edges",
    [
        "w -> r -> a -> y; w <-> a; w <-> y",  # the napkin has no mediator
        "a -> m -> y; a <-> y; a -> l -> y; m <-> l; c -> m; c <-> y; c <-> a; b -> y",
        "c -> a -> y; c -> y",
    ],
)
def test_what_is_no_front_door_is_not_taken_for_one(edges: str) -> None:
    answer = identify(Graph(edges), Query("y", do="a"))
    through = front_door_roles(answer)
    if through is not None:  # where it is one, the formula is that of the door
        assert set(through.mediators) == {"m", "l"}
        return
    with pytest.raises(EstimationError, match=r"needs mediators[\s\S]*Hint"):
        estimate(answer, discrete(50, 1), by=DoublyRobustFrontDoor())


def test_a_rotten_frame_or_setting_is_refused() -> None:
    frame = hidden_confounding(200, seed=1).frame
    by = DoublyRobustFrontDoor(FAST)
    with pytest.raises(DataError, match=r"missing in 'm' \(1 of 200\)"):
        estimate(PLAIN, frame.assign(m=frame.m.where(frame.index > 0)), by=by)
    with pytest.raises(DataError, match="no column 'm'"):
        estimate(PLAIN, frame.drop(columns="m"), by=by)
    with pytest.raises(EstimationError, match="one value only"):
        estimate(PLAIN, frame.assign(a=1), by=by)
    with pytest.raises(EstimationError, match="clip"):
        MediatorCrossFit(clip=0.5)
    with pytest.raises(EstimationError, match="reverse"):
        MediatorCrossFit(reverse=0.5)
    with pytest.raises(EstimationError, match="crossfit"):
        DoublyRobustFrontDoor(5)  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="contrast"):
        DoublyRobustFrontDoor(FAST, Ratio)  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="front door"):
        estimate(PLAIN, frame, by=AIPW())


def test_a_contrast_of_arms_is_the_same_question() -> None:
    frame = discrete(900, seed=5)
    plain = estimate(PLAIN, frame, by=DoublyRobustFrontDoor(SATURATED), seed=1)
    contrast = identify(PLAIN.graph, average_effect("y", "a"))
    assert estimate(
        contrast, frame, by=DoublyRobustFrontDoor(SATURATED), seed=1
    ).value == pytest.approx(plain.value)


def test_mediators_that_decide_the_treatment_are_refused() -> None:
    frame = hidden_confounding(1000, seed=2).frame
    by = DoublyRobustFrontDoor(FAST)
    assert not any("extrapolate" in note for note in estimate(PLAIN, frame, by=by).notes)
    apart = frame.assign(m=frame.m + 1.5 * frame.a)
    assert any("extrapolate" in note for note in estimate(PLAIN, apart, by=by).notes)
    with pytest.raises(MediatorError, match=r"(?s)all but decide 'a'.*vary within each arm"):
        estimate(PLAIN, frame.assign(m=frame.m + 100 * frame.a), by=by)
