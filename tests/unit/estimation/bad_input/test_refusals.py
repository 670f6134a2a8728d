"""What cannot be estimated is refused with a hint, by every estimator alike: never a number."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from causalsim import Graph, Query, estimate, identify
from causalsim.errors.base import CausalsimError
from causalsim.estimation import AIPW, IPW, PLR, Regression, by_group
from causalsim.estimation.crossfitting.learners import LogisticRidge, Ridge
from causalsim.estimation.estimators import Covariances, EntropyBalancing, Matching
from causalsim.estimation.instruments import LATE, TwoStage
from tests.oracles.every_way import (
    ARMS,
    BACK_DOOR,
    COMPLIERS,
    DOSES,
    EVERY,
    INSTRUMENTS,
    ONE_UNIT,
    UNWEIGHTED,
    Change,
    Way,
    people,
)

FRAME = people()
ROW = np.arange(len(FRAME))
SEPARATED = FRAME.assign(x=FRAME.a * 4 + FRAME.x.clip(-1, 1))
ALL = pytest.mark.parametrize("way", EVERY.values(), ids=EVERY)
WEIGHTED = pytest.mark.parametrize(
    "way", [way for name, way in EVERY.items() if name not in UNWEIGHTED], ids=str
)


def refused(way: Way, frame: Any, message: str | None = None, **roles: Any) -> None:
    """An error of this package with a hint, in which a pattern is found."""
    with pytest.raises(CausalsimError, match=message) as caught:
        way(frame, **roles)
    assert caught.value.hint


EVERYWHERE: dict[str, tuple[Change, str]] = {
    "no rows": (lambda f: f.head(0), "no rows"),
    "one row": (lambda f: f.head(1), "one value|in every row"),
    "one arm": (lambda f: f.assign(a=1, d=2.0), "one value|moves nobody"),
    "no outcomes": (lambda f: f.assign(y=np.nan), r"'y' \(240 of 240\)"),
    "an outcome missing": (lambda f: f.assign(y=f.y.where(ROW != 3)), r"'y' \(1 of 240\)"),
    "an infinite outcome": (lambda f: f.assign(y=f.y.where(ROW != 3, -np.inf)), "infinities"),
    "an infinite covariate": (lambda f: f.assign(x=f.x.where(ROW != 3, np.inf)), "infinities"),
    "a covariate without cells": (lambda f: f.assign(x=np.nan), "'x'"),
    "a constant outcome": (lambda f: f.assign(y=3.0), "one value in every row|3 in every row"),
    "a huge constant outcome": (lambda f: f.assign(y=1e12), "in every row"),
    "an outcome of words": (
        lambda f: f.assign(y=np.where(f.y > 0, "good", "bad")),
        "'y' must be numeric",
    ),
    "an outcome of dates": (
        lambda f: f.assign(y=pd.Timestamp("2020-01-01") + pd.to_timedelta(f.y, unit="D")),
        "'y' must be numeric",
    ),
    "a covariate of dates": (
        lambda f: f.assign(x=pd.Timestamp("2020-01-01") + pd.to_timedelta(f.x, unit="D")),
        "'x' must be numeric",
    ),
    "complex numbers": (lambda f: f.assign(x=f.x + 0j), "'x' must be numeric"),
    "a name twice": (lambda f: pd.concat([f, f[["x"]]], axis=1), "more than one column named x"),
    "no such column": (lambda f: f.drop(columns="x"), "no column 'x'"),
    "a column named by a number": (lambda f: f.rename(columns={"c": 7}), "named by a string"),
}


@ALL
@pytest.mark.parametrize("case", EVERYWHERE.values(), ids=EVERYWHERE)
def test_what_nobody_can_use(way: Way, case: tuple[Change, str]) -> None:
    change, message = case
    refused(way, change(FRAME), message)


@ALL
def test_an_outcome_that_is_the_treatment(way: Way) -> None:
    if way in DOSES.values():
        refused(way, FRAME.assign(y=3 - 2 * FRAME.d), "straight line in 'd'")
        return
    for scale in (1.0, 1e-12) if way in ARMS.values() else (1.0,):
        frame = FRAME.assign(y=scale * FRAME.a)
        refused(way, frame, "treatment itself|sums of others")


def test_small_outcomes_are_not_taken_for_the_treatment() -> None:
    for unit in (1e-12, 1e-15):
        assert np.isfinite(EVERY["regression"](FRAME.assign(y=unit * FRAME.y)).value)


@pytest.mark.parametrize("way", [*ARMS.values()], ids=ARMS)
def test_covariates_that_tell_the_arms_apart(way: Way) -> None:
    if way.by.name == "regression":  # a line may be laid through a threshold; it says so
        assert "share no value of 'x'" in str(way(SEPARATED))
        return
    refused(way, SEPARATED, "hold no comparison|hold no|edge of what such rows span|no balance")


def test_a_dose_that_the_covariates_decide() -> None:
    for way in DOSES.values():
        refused(way, FRAME.assign(d=FRAME.x), "predict 'd' exactly, or so nearly")
        refused(way, FRAME.assign(d=2 * FRAME.x + (FRAME.g == "west")), "predict 'd' exactly")
    by = PLR(folds=2, repeats=1, outcome=Ridge(), dose=Ridge())
    with pytest.raises(CausalsimError, match="predict 'a' exactly"):
        estimate(BACK_DOOR, SEPARATED, by=by)


@WEIGHTED
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.where(ROW == 7, 0.0, 1.0), "above zero; 'w' is not in 1 of 240"),
        (np.where(ROW == 7, -1.0, 1.0), "above zero"),
        (np.where(ROW == 7, np.nan, 1.0), r"'w' \(1 of 240\)"),
        (np.where(ROW == 7, np.inf, 1.0), "infinities"),
        (np.where(ROW == 7, 1.0, 1e-15), "a single row is 100% of the population"),
        (np.where(ROW == 7, "a", "b"), "'w' must be numeric"),
    ],
)
def test_weights_that_are_none(way: Way, weights: Any, message: str) -> None:
    refused(way, FRAME.assign(w=weights), message, weights="w")


@WEIGHTED
def test_clusters_that_are_none(way: Way) -> None:
    refused(way, FRAME.assign(c=1), "one cluster only", clusters="c")
    refused(way, FRAME.assign(c=FRAME.c.where(ROW > 3)), r"'c' \(4 of 240\)", clusters="c")
    refused(way, FRAME, "did you mean|the columns are", clusters="cc")
    refused(way, FRAME, "the name of a column", clusters=FRAME.c.to_numpy())
    refused(way, FRAME, "the name of a column", weights=FRAME.w)


def test_matching_takes_neither() -> None:
    for name in UNWEIGHTED:
        refused(EVERY[name], FRAME, "takes no sampling weights", weights="w")
        refused(EVERY[name], FRAME, "takes no clusters", clusters="c")


@ALL
def test_two_rows_are_never_enough(way: Way) -> None:
    two = FRAME.groupby("a").head(1)
    refused(way, two)


SMALL = [name for name in ARMS if name not in ("matching", "matching by scores")]


@pytest.mark.parametrize("name", SMALL)
def test_an_arm_of_one_is_not_enough(name: str) -> None:
    refused(EVERY[name], FRAME.assign(a=(ROW == 0).astype(int)))


@pytest.mark.parametrize("name", [*INSTRUMENTS])
def test_an_instrument_that_never_varies_or_is_incomplete(name: str) -> None:
    refused(EVERY[name], FRAME.assign(z=1), "one value")
    refused(EVERY[name], FRAME.assign(z=FRAME.z.where(ROW > 0)), r"'z' \(1 of 240\)")


FRONT_DOOR = identify(Graph("a -> m -> y; a <-> y"), Query("y", do="a"))
HEDGE = identify(Graph("a -> y; a <-> y"), Query("y", do="a"))


@pytest.mark.parametrize(
    ("answer", "by", "able"),
    [
        (FRONT_DOOR, AIPW(), "by=DoublyRobustFrontDoor"),
        (FRONT_DOOR, PLR(), r"by=Plugin\(\)"),
        (ONE_UNIT, Regression(), r"by=Covariances\(\)"),
        (COMPLIERS, Matching(), r"by=LATE\(\)"),
        (COMPLIERS, TwoStage(), r"by=LATE\(\)"),
        (BACK_DOOR, LATE(), r"by=AIPW\(\)"),
        (BACK_DOOR, Covariances(), r"by=AIPW\(\)"),
    ],
)
def test_an_estimator_that_cannot_names_one_that_can(answer: Any, by: Any, able: str) -> None:
    with pytest.raises(CausalsimError, match="needs ") as caught:
        estimate(answer, FRAME, by=by)
    assert re.search(able, caught.value.hint)


@pytest.mark.parametrize("by", [AIPW(), IPW(), LATE(), EntropyBalancing(), None], ids=str)
def test_what_is_not_identified_has_no_estimator(by: Any) -> None:
    with pytest.raises(CausalsimError, match="no formula to estimate"):
        estimate(HEDGE, FRAME, by=by)


def test_effects_refuse_what_is_no_number_and_groups_of_outcomes() -> None:
    by = AIPW(folds=2, repeats=1, outcome=Ridge(), propensity=LogisticRidge())
    effect = estimate(BACK_DOOR, FRAME, by=by, seed=1)
    wrong: list[Any] = [
        lambda: effect * "a",
        lambda: effect * float("nan"),
        lambda: effect * effect,
        lambda: 1 + effect,
        lambda: effect.interval("a"),  # type: ignore[arg-type]
        lambda: by_group(effect, FRAME, "y"),
        lambda: by_group(effect, FRAME.assign(q=FRAME.g.where(ROW > 30)), "q"),
    ]
    for attempt in wrong:
        with pytest.raises(CausalsimError):
            attempt()
    assert sum([effect, effect]).value == 2 * effect.value
