"""Propensities that a design fixed, as a column: used as they are, and never left unused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from causalsim.checks import Bootstrap, NegativeControl, PlaceboTreatment, PlantedTruth, Subsets
from causalsim.checks.refutation import Refutation
from causalsim.checks.refuting import refute
from causalsim.checks.refuting.case import Refuter
from causalsim.checks.sensitivity.omitting import benchmarks
from causalsim.errors.base import CausalsimError
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, PLR, TMLE, Regression, Task
from causalsim.estimation.comparison import compare
from causalsim.estimation.crossfitting.learners import Mean
from causalsim.estimation.curves import QuantileEffect
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimating import estimate
from causalsim.estimation.estimators import CBPS, EntropyBalancing, Matching
from causalsim.estimation.heterogeneity import conditional_effects
from causalsim.estimation.instruments import LATE
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.resampling import bootstrap
from causalsim.estimation.survival import AIPCW, SurvivalAt
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify
from causalsim.scm import SCM

QUERY = Query("y", do="a")
ANSWER = identify(Graph("x -> y <- a; x -> a; rain"), QUERY)
BLIND = identify(Graph("a -> y"), QUERY)
LIGHT = AIPW(folds=2, repeats=1, outcome=Mean())


def stratified(n: int, seed: int) -> pd.DataFrame:
    """Strata with chances of their own, which decide the outcome too; the effect is 1."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, n)
    e = np.array([0.2, 0.5, 0.8])[x]
    a = (rng.random(n) < e).astype(int)
    y = 2.0 * x + a + rng.normal(size=n)
    return pd.DataFrame({"x": x, "e": e, "a": a, "y": y, "rain": rng.normal(size=n)})


FRAME = stratified(400, 1)


def tried(effect: Effect, frame: pd.DataFrame, by: Refuter, seed: int) -> Refutation:
    """What came of one attempt."""
    (found,) = refute(effect, frame, by=by, seed=seed)
    return found


@pytest.mark.parametrize(
    ("plain", "by"),
    [
        (LIGHT, AIPW(folds=2, repeats=1, outcome=Mean(), propensity=0.3)),
        (TMLE(folds=2, repeats=1), TMLE(folds=2, repeats=1, propensity=0.3)),
        (IPW(), IPW(propensity=0.3)),
        (
            QuantileEffect(0.5, folds=2, repeats=1),
            QuantileEffect(0.5, folds=2, repeats=1, propensity=0.3),
        ),
    ],
    ids=["AIPW", "TMLE", "IPW", "quantile"],
)
def test_one_value_in_the_column_is_the_number(plain: Any, by: Any) -> None:
    frame = FRAME.assign(e=0.3)
    column = estimate(ANSWER, frame, by=plain, seed=1, propensity="e")
    number = estimate(ANSWER, frame, by=by, seed=1)
    assert column.value == pytest.approx(number.value, rel=1e-12)
    assert column.influence == pytest.approx(number.influence, rel=1e-9, abs=1e-12)


def test_times_to_an_event_take_it_too() -> None:
    rng = np.random.default_rng(2)
    frame = FRAME.assign(y=rng.exponential(1.0 + FRAME.a), seen=1, e=0.4)
    kind: dict[str, Any] = {"event": "seen", "of": SurvivalAt(0.5), "folds": 2, "repeats": 1}
    column = estimate(ANSWER, frame, by=AIPCW(**kind), seed=1, propensity="e")
    number = estimate(ANSWER, frame, by=AIPCW(**kind, propensity=0.4), seed=1)
    assert column.value == pytest.approx(number.value, rel=1e-12)
    found = tried(column, frame, by=PlaceboTreatment(repetitions=2, refit=True), seed=1)
    assert "drawn from the known propensities" in found.sentence


def test_weights_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "a": ["new", "new", "old", "old", "new", "old"],
            "e": [0.5, 0.25, 0.5, 0.2, 0.8, 0.6],
            "y": [1.0, 2.0, 3.0, 5.0, 8.0, 13.0],
        }
    )
    # The higher level is "old": e is its probability, and 1 - e that of "new".
    old = (3.0 / 0.5 + 5.0 / 0.2 + 13.0 / 0.6) / (1 / 0.5 + 1 / 0.2 + 1 / 0.6)
    new = (1.0 / 0.5 + 2.0 / 0.75 + 8.0 / 0.2) / (1 / 0.5 + 1 / 0.75 + 1 / 0.2)
    for arms, truth in (((None), old - new), (("old", "new"), new - old)):
        found = estimate(BLIND, frame, by=IPW(), arms=arms, propensity="e")
        assert found.value == pytest.approx(truth, rel=1e-12)


def test_a_design_that_no_learner_is_told_of() -> None:
    """The strata are no covariate, so that a learnt propensity is one number, and wrong."""
    known, learnt = [], []
    for turn in range(40):
        frame = stratified(500, 100 + turn)
        known.append(estimate(BLIND, frame, by=IPW(), propensity="e").value)
        learnt.append(estimate(BLIND, frame, by=IPW()).value)
    error = np.std(known, ddof=1) / np.sqrt(40)
    assert abs(np.mean(known) - 1.0) < 4 * error < 0.3
    assert np.mean(learnt) > 1.8


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (np.where(FRAME.x == 0, 0.0, 0.5), "not strictly between 0 and 1"),
        (np.where(FRAME.x == 0, 1.0, 0.5), "not strictly between 0 and 1"),
        (FRAME.e * 100, "not strictly between 0 and 1"),
        (FRAME.e.where(FRAME.index != 3), "missing"),
        (FRAME.e.where(FRAME.index != 3, np.inf), "finite"),
        (np.where(FRAME.x == 0, "half", "more"), "must be numeric"),
    ],
    ids=["0", "1", "percent", "nan", "infinite", "text"],
)
def test_what_is_no_propensity(column: Any, words: str) -> None:
    with pytest.raises(CausalsimError, match=words) as told:
        estimate(ANSWER, FRAME.assign(e=column), by=LIGHT, propensity="e")
    assert "'e'" in str(told.value)
    assert "Hint" in str(told.value)


def test_names_and_arms() -> None:
    with pytest.raises(DataError, match="prop"):
        estimate(ANSWER, FRAME.rename(columns={"e": "prop"}), by=LIGHT, propensity="prob")
    with pytest.raises(EstimationError, match="name of a column"):
        estimate(ANSWER, FRAME, by=LIGHT, propensity=0.5)  # type: ignore[arg-type]
    three = FRAME.assign(a=np.arange(400) % 3)
    with pytest.raises(EstimationError, match="one of two arms; 'a' has 3"):
        estimate(ANSWER, three, by=LIGHT, arms=(0, 2), propensity="e")


@pytest.mark.parametrize(
    "by",
    [Regression(), Matching(), EntropyBalancing(), CBPS(), PLR(), LATE()],
    ids=lambda by: type(by).__name__,
)
def test_who_would_leave_it_unused_refuses_it(by: Any) -> None:
    with pytest.raises(EstimationError, match=r"no use of a known propensity.*'e'") as told:
        estimate(ANSWER, FRAME, by=by, propensity="e")
    assert all(name in str(told.value) for name in ("AIPW()", "TMLE()", "IPW()"))
    with pytest.raises(EstimationError, match="no use of a known propensity"):
        compare(ANSWER, FRAME, by=[LIGHT, by], propensity="e")


def test_the_default_of_other_answers_refuses_it() -> None:
    front = identify(Graph("a -> m -> y; a <-> y"), QUERY)
    with pytest.raises(EstimationError, match="no use of a known propensity"):
        estimate(front, FRAME.assign(m=FRAME.a), propensity="e")


@pytest.mark.parametrize("given", [0.5, LogisticRegression()])
@pytest.mark.parametrize("kind", [AIPW, IPW, TMLE])
def test_another_propensity_beside_it(kind: Any, given: Any) -> None:
    by = kind(propensity=given)
    with pytest.raises(EstimationError, match="known from 'e', and the estimator was given"):
        estimate(ANSWER, FRAME, by=by, propensity="e")
    with pytest.raises(EstimationError, match="known from 'e', and the estimator was given"):
        by.fit(Task.of(FRAME, QUERY, ("x",), Roles(propensity="e")), seed=1)


def test_the_recipe_tells_it() -> None:
    effect = estimate(ANSWER, FRAME, by=LIGHT, propensity="e")
    told = effect.recipe.to_dict()
    assert told["propensity"] == "e"
    assert "propensity known from 'e'" in str(told["learners"])
    assert not any("as 'e' would have it" in note for note in effect.notes)
    plain = estimate(ANSWER, FRAME, by=LIGHT)
    assert plain.recipe.to_dict()["propensity"] is None
    assert (effect - plain).standard_error > 0.0  # the same rows


def test_propensities_of_the_other_arm_are_noticed() -> None:
    turned = FRAME.assign(e=1.0 - FRAME.e)
    effect = estimate(ANSWER, turned, by=LIGHT, propensity="e")
    assert any("not as 'e' would have it" in note and "a = 1" in note for note in effect.notes)
    pairs = turned.assign(g=np.arange(400) // 2)
    clustered = estimate(ANSWER, pairs, by=LIGHT, clusters="g", propensity="e")
    assert any("not as 'e' would have it" in note for note in clustered.notes)


def test_another_column_is_another_task() -> None:
    effect = estimate(ANSWER, FRAME, by=LIGHT, propensity="e")
    with pytest.raises(EstimationError):
        refute(effect, FRAME.assign(e=0.5), by=Subsets(), seed=1)
    task = Task.of(FRAME, QUERY, ("x",), Roles(propensity="e"))
    some = task.rows(np.array([5, 3, 3]))
    assert some.known is not None
    assert some.known.tolist() == FRAME.e.to_numpy()[[5, 3, 3]].tolist()
    shuffled = task.with_treatment(task.arm[::-1])
    assert shuffled.known is None
    assert shuffled.roles.propensity is None


def test_every_check_goes_with_it() -> None:
    effects = compare(ANSWER, FRAME, by=[LIGHT, IPW()], seed=1, propensity="e")
    ten: dict[str, Any] = {"repetitions": 10, "refit": True}
    for effect in effects:
        for by in (Bootstrap(**ten), PlaceboTreatment(**ten), PlantedTruth(**ten), Subsets(**ten)):
            found = tried(effect, FRAME, by=by, seed=1)
            assert "known from 'e'" in found.settings or isinstance(by, PlantedTruth)
            assert found.passed, found.sentence
    assert bootstrap(effects[0], FRAME, repetitions=10, seed=1).standard_error > 0.0
    other = NegativeControl(outcome="rain", refit=True)
    assert "known from 'e'" in tried(effects[0], FRAME, by=other, seed=1).settings


def test_a_shuffled_placebo_would_fail_where_a_drawn_one_passes() -> None:
    """The weights belong to the design: a treatment that forgets it is found to have an effect."""
    frame = stratified(2000, 3)
    effect = estimate(BLIND, frame, by=IPW(), seed=1, propensity="e")
    found = tried(effect, frame, by=PlaceboTreatment(repetitions=15, refit=True), seed=1)
    assert found.passed, found.sentence
    task = Task.of(frame, QUERY, (), Roles(propensity="e"))
    assert task.known is not None
    drawn = np.random.default_rng(1).permutation(task.arm)
    wrong = np.average(task.outcome, weights=drawn / task.known) - np.average(
        task.outcome, weights=(1 - drawn) / (1 - task.known)
    )
    assert abs(wrong) > 1.0


def test_a_control_treatment_has_chances_of_its_own() -> None:
    effect = estimate(ANSWER, FRAME.assign(rain=(FRAME.rain > 0) * 1), by=LIGHT, propensity="e")
    frame = FRAME.assign(rain=(FRAME.rain > 0) * 1)
    found = tried(effect, frame, by=NegativeControl(treatment="rain", refit=True), seed=1)
    assert "known" not in found.settings
    assert found.passed


def test_who_gains_is_judged_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """No propensity is learnt anywhere: the learner of propensities would say so."""

    def learnt(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("causalsim.estimation.crossfitting.crossfit.guessed_shares", learnt)
    effect = estimate(ANSWER, FRAME, by=AIPW(folds=2, repeats=1), propensity="e", seed=1)
    made = conditional_effects(effect, FRAME, seed=1)
    assert np.isfinite(made.at(FRAME)["effect"]).all()
    assert len(effect.by("x")) == 3


def test_a_benchmark_tells_what_a_stratum_explains_of_the_design() -> None:
    by = AIPW(folds=2, repeats=1)
    frame = stratified(1500, 4)
    known, learnt = (
        benchmarks(estimate(ANSWER, frame, by=by, seed=1, propensity=e), frame, "x", seed=1)[0]
        for e in ("e", None)
    )
    assert known.treatment_share > 0.1
    assert known.treatment_share == pytest.approx(learnt.treatment_share, abs=0.1)


def test_a_model_that_hands_out_treatments_of_its_own() -> None:
    effect = estimate(ANSWER, FRAME, by=LIGHT, propensity="e", seed=1)
    model = SCM.fit(Graph("x -> a -> y; x -> y"), FRAME[["x", "a", "y"]], seed=1)
    with pytest.raises(EstimationError, match="hands out its own treatments"):
        tried(effect, FRAME, by=PlantedTruth(model=model), seed=1)
