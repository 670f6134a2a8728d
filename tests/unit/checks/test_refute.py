"""Sound estimators survive about as often as they should; broken ones are caught."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks import PlaceboTreatment, RandomCommonCause, Refutations
from causalsim.checks.refuting import refute
from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Effect, Task
from causalsim.graph.graph import Graph

QUICK = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())
DATA = nonlinear_confounding(400, seed=1)
TASK = Task.of(DATA.frame, Query("y", do="a"), DATA.adjustment)
EFFECT = QUICK.fit(TASK, seed=1)


def signed(effect: Effect, estimator: Any) -> Effect:
    return replace(effect, recipe=replace(effect.recipe, estimator=estimator))


@dataclass(frozen=True)
class Broken(AIPW):
    """An estimator to be caught; its subclasses spoil what AIPW gives."""

    def quick(self) -> "Broken":
        return self


@dataclass(frozen=True)
class StalePropensity(Broken):
    """Weights by the propensity of the treatment before it was shuffled."""

    scores: Any = None

    def fit(self, task: Task, seed: Any) -> Effect:
        sound = signed(QUICK.fit(task, seed), self)
        weighted = np.where(task.arm == 1, 1 / self.scores, -1 / (1 - self.scores)) * task.outcome
        return replace(sound, value=weighted.mean(), influence=weighted - weighted.mean())


@dataclass(frozen=True)
class DrawnToNoise(Broken):
    """Adds the regression of the outcome on whatever covariate comes last."""

    def fit(self, task: Task, seed: Any) -> Effect:
        sound = signed(QUICK.fit(task, seed), self)
        return replace(sound, value=sound.value + 5 * abs(task.design.matrix[:10, -1]).sum())


def test_a_sound_estimate_survives_and_says_so() -> None:
    before = DATA.frame.copy(deep=True)
    found = refute(EFFECT, DATA.frame, seed=1)
    assert DATA.frame.equals(before)
    assert isinstance(found, Refutations)
    assert found.passed
    assert [one.name for one in found] == ["placebo treatment", "random common cause"]
    placebo, noise = found
    assert len(placebo.draws) == 15
    assert abs(placebo.estimate) < 3 * EFFECT.standard_error / np.sqrt(15)
    assert noise.expected == pytest.approx(EFFECT.value, abs=EFFECT.standard_error)
    assert str(found).count("\n") == 1
    assert str(found).startswith("passed  placebo treatment: with the treatment shuffled")
    assert "2 folds" in placebo.settings
    assert found._repr_html_().count("<tr>") == 3
    assert found.to_dict()["passed"] is True
    assert (len(found), found[0]) == (2, placebo)


def test_scores_that_are_not_refitted_are_caught() -> None:
    stale = StalePropensity(scores=DATA.propensity)
    effect = stale.fit(TASK, seed=1)
    found = refute(effect, DATA.frame, by=(PlaceboTreatment(),), seed=1)
    assert not found.passed
    assert found[0].p_value < 0.001
    assert str(found).startswith("FAILED  placebo treatment")


def test_an_estimator_that_follows_noise_is_caught() -> None:
    effect = DrawnToNoise().fit(TASK, seed=1)
    found = refute(effect, DATA.frame, by=(RandomCommonCause(),), seed=1)
    assert not found.passed
    assert "which noise must not do" in found[0].sentence


def test_every_shuffle_refits_on_the_same_rows_with_the_same_number_treated() -> None:
    @dataclass(frozen=True)
    class Witness(Broken):
        def fit(self, task: Task, seed: Any) -> Effect:
            assert task.arm.sum() == TASK.arm.sum()
            assert task.design.matrix is TASK.design.matrix
            assert task.outcome is TASK.outcome
            seen.append(task.arm)
            return replace(QUICK.fit(task, seed))

    seen: list[Any] = []
    effect = replace(EFFECT, recipe=replace(EFFECT.recipe, estimator=Witness()))
    PlaceboTreatment(repetitions=3).attempt(effect, TASK, seed=1)
    assert len({arm.tobytes() for arm in [*seen, TASK.arm]}) == 4


def test_equal_seeds_give_equal_verdicts_in_every_frame_library() -> None:
    shared = pl.DataFrame(DATA.frame.to_dict("list"))
    by = (PlaceboTreatment(repetitions=3), RandomCommonCause(repetitions=2))
    first, again = (refute(EFFECT, frame, by=by, seed=5) for frame in (DATA.frame, shared))
    other = refute(EFFECT, DATA.frame, by=by, seed=6)
    assert first == again
    assert first[0].draws != other[0].draws


def test_a_sound_estimator_fails_in_about_one_study_of_twenty() -> None:
    failed = {"placebo treatment": 0, "random common cause": 0}
    by = (PlaceboTreatment(repetitions=4), RandomCommonCause(repetitions=3))
    for number in range(40):
        data = nonlinear_confounding(300, seed=100 + number)
        task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        effect = QUICK.fit(task, seed=number)
        for one in refute(effect, data.frame, by=by, seed=number):
            failed[one.name] += not one.passed
    # Eight of forty or more have a chance under 1 in 1000 when the size is 5 %.
    assert all(count < 8 for count in failed.values()), failed


@pytest.mark.parametrize(
    ("effect", "frame", "by", "message"),
    [
        (3.4, DATA.frame, (PlaceboTreatment(),), "effect is expected; found float"),
        (EFFECT, DATA.frame, ("placebo",), "refuter is expected in by=; found 'placebo'"),
        (EFFECT, DATA.frame, (PlaceboTreatment,), "refuter is expected in by="),
        (EFFECT, DATA.frame.iloc[::-1], (PlaceboTreatment(),), "does not hold the outcomes"),
        (EFFECT, DATA.frame.assign(y=0.0), (PlaceboTreatment(),), "does not hold the outcomes"),
    ],
)
def test_bad_input_gets_an_error_of_ours(effect: Any, frame: Any, by: Any, message: str) -> None:
    with pytest.raises(EstimationError, match=message) as caught:
        refute(effect, frame, by=by)
    assert "Hint:" in str(caught.value)


@pytest.mark.parametrize("number", [0, -1, 2.5, True, "ten"])
def test_repetitions_are_a_whole_number(number: Any) -> None:
    for way in (PlaceboTreatment, RandomCommonCause):
        with pytest.raises(EstimationError, match="repetitions must be a whole number"):
            way(repetitions=number)


def test_the_mean_of_one_arm_has_no_placebo() -> None:
    query = Query("y", do={"a": 1})
    effect = QUICK.fit(Task.of(DATA.frame, query, DATA.adjustment), seed=1)
    with pytest.raises(EstimationError, match="nothing to check"):
        refute(effect, DATA.frame, by=(PlaceboTreatment(),))
    assert refute(effect, DATA.frame, by=(RandomCommonCause(repetitions=2),)).passed


def test_an_effect_that_the_graph_decided_has_nothing_to_refute() -> None:
    from causalsim.estimation.estimating import estimate
    from causalsim.identification.strategy import identify

    effect = estimate(identify(Graph("y -> a"), Query("y", do="a")), DATA.frame)
    with pytest.raises(EstimationError, match="graph alone says"):
        refute(effect, DATA.frame)
