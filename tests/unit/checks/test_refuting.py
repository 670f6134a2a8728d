"""Sound estimators survive about as often as they should; broken ones are caught."""

import re
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks import (
    Bootstrap,
    DummyOutcome,
    PlaceboTreatment,
    PlantedTruth,
    RandomCommonCause,
    Refutations,
    Subsets,
)
from causalsim.checks.refuting import SUITE, Case, refute
from causalsim.checks.refuting.stored import Stored
from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import (
    AIPW,
    IPW,
    TMLE,
    Difference,
    Effect,
    OddsRatio,
    Overlap,
    Plugin,
    Ratio,
    Regression,
    Task,
    Treated,
    estimate,
)
from causalsim.estimation.estimators import Covariances, Matching
from causalsim.estimation.reading.roles import Roles
from causalsim.graph.graph import Graph
from causalsim.identification.assuming import Linear
from causalsim.identification.strategy import identify
from causalsim.scm.model import SCM

QUICK = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())
DATA = nonlinear_confounding(400, seed=1)
TASK = Task.of(DATA.frame, Query("y", do="a"), DATA.adjustment)
EFFECT = QUICK.fit(TASK, seed=1)
REFITS = (PlaceboTreatment(refit=True), RandomCommonCause(refit=True))


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
    found = refute(EFFECT, DATA.frame, by=REFITS, seed=1)
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


def test_the_suite_reads_stored_scores_and_never_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(AIPW, "fit", refuse)
    found = refute(EFFECT, DATA.frame, seed=1)
    assert found.passed
    assert found.left_out == ()
    assert [type(way) for way in SUITE] == [
        PlaceboTreatment,
        RandomCommonCause,
        DummyOutcome,
        Subsets,
        Bootstrap,
        PlantedTruth,
    ]
    assert all(len(one.draws) == 100 and "no refit" in one.settings for one in found)


def test_scores_that_are_not_refitted_are_caught() -> None:
    stale = StalePropensity(scores=DATA.propensity)
    effect = stale.fit(TASK, seed=1)
    found = refute(effect, DATA.frame, by=(PlaceboTreatment(refit=True),), seed=1)
    assert not found.passed
    assert found[0].p_value < 0.001
    assert str(found).startswith("FAILED  placebo treatment")


def test_the_scores_of_the_true_treatment_would_fail_a_shuffled_one() -> None:
    # The trap: a right estimate, a shuffled treatment, and the propensities of the true one.
    data = nonlinear_confounding(4000, seed=3)
    effect = QUICK.fit(Task.of(data.frame, Query("y", do="a"), data.adjustment), seed=1)
    case = Case.of(effect, data.frame)
    stored = Stored.of(case)
    assert stored is not None
    rng = np.random.default_rng(1)
    stale = stored.reader(0.0 * stored.outcome)
    read = [stale(rng.permutation(stored.task.arm), stored.task.outcome) for _ in range(40)]
    assert abs(np.mean([value / error for value, error in read])) > 0.4
    assert refute(effect, data.frame, by=PlaceboTreatment(), seed=1).passed


def test_an_estimator_that_follows_noise_is_caught() -> None:
    effect = DrawnToNoise().fit(TASK, seed=1)
    found = refute(effect, DATA.frame, by=(RandomCommonCause(refit=True),), seed=1)
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
    PlaceboTreatment(repetitions=3, refit=True).attempt(Case(effect, DATA.frame, TASK), seed=1)
    assert len({arm.tobytes() for arm in [*seen, TASK.arm]}) == 4


def test_equal_seeds_give_equal_verdicts_in_every_frame_library() -> None:
    shared = pl.DataFrame(DATA.frame.to_dict("list"))
    by = (
        PlaceboTreatment(repetitions=3, refit=True),
        RandomCommonCause(repetitions=2, refit=True),
        *SUITE,
    )
    first, again = (refute(EFFECT, frame, by=by, seed=5) for frame in (DATA.frame, shared))
    other = refute(EFFECT, DATA.frame, by=by, seed=6)
    assert first == again
    assert first[0].draws != other[0].draws


def test_a_sound_estimator_fails_in_about_one_study_of_twenty() -> None:
    failed = {"placebo treatment": 0, "random common cause": 0}
    by = (
        PlaceboTreatment(repetitions=4, refit=True),
        RandomCommonCause(repetitions=3, refit=True),
    )
    for number in range(20):
        data = nonlinear_confounding(300, seed=100 + number)
        task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        effect = QUICK.fit(task, seed=number)
        for one in refute(effect, data.frame, by=by, seed=number):
            failed[one.name] += not one.passed
    # Six of twenty or more have a chance under 1 in 1000 when the size is 5 %.
    assert all(count < 6 for count in failed.values()), failed


@pytest.mark.parametrize(
    ("effect", "frame", "by", "message"),
    [
        (3.4, DATA.frame, (PlaceboTreatment(),), "effect is expected; found float"),
        (EFFECT, DATA.frame, ("placebo",), "refuter is expected in by=; found 'placebo'"),
        (EFFECT, DATA.frame, (PlaceboTreatment,), "refuter is expected in by="),
        (EFFECT, DATA.frame.iloc[::-1], (PlaceboTreatment(),), "does not hold the outcomes"),
        (
            EFFECT,
            DATA.frame.assign(y=-DATA.frame.y),
            (PlaceboTreatment(),),
            "does not hold the outcomes",
        ),
    ],
)
def test_bad_input_gets_an_error_of_ours(effect: Any, frame: Any, by: Any, message: str) -> None:
    with pytest.raises(EstimationError, match=message) as caught:
        refute(effect, frame, by=by)
    assert "Hint:" in str(caught.value)


@pytest.mark.parametrize("number", [0, -1, 2.5, True, "ten"])
def test_repetitions_are_a_whole_number(number: Any) -> None:
    for way in (type(one) for one in SUITE):
        with pytest.raises(EstimationError, match="repetitions must be a whole number"):
            way(repetitions=number)


def test_the_mean_of_one_arm_has_no_placebo() -> None:
    query = Query("y", do={"a": 1})
    effect = QUICK.fit(Task.of(DATA.frame, query, DATA.adjustment), seed=1)
    with pytest.raises(EstimationError, match="nothing to check"):
        refute(effect, DATA.frame, by=(PlaceboTreatment(),))
    assert refute(effect, DATA.frame, by=(RandomCommonCause(repetitions=2),)).passed
    found = refute(effect, DATA.frame)
    assert [one.name for one in found] == ["random common cause", "subsets", "bootstrap"]
    assert len(found.left_out) == 3


def test_an_effect_that_the_graph_decided_has_nothing_to_refute() -> None:
    from causalsim.estimation.estimating import estimate
    from causalsim.identification.strategy import identify

    effect = estimate(identify(Graph("y -> a"), Query("y", do="a")), DATA.frame)
    with pytest.raises(EstimationError, match="graph alone says"):
        refute(effect, DATA.frame)


ESTIMATORS = [
    AIPW(repeats=1),
    AIPW(repeats=1, target=Treated()),
    AIPW(repeats=1, target=Overlap()),
    IPW(),
    IPW(target=Overlap()),
]


@pytest.mark.parametrize("arms", [None, (1, 0)])
@pytest.mark.parametrize("by", ESTIMATORS, ids=str)
@pytest.mark.parametrize("extra", [{}, {"weights": "w"}, {"clusters": "c"}])
def test_what_is_known_by_heart_is_what_the_estimator_says(by: Any, arms: Any, extra: Any) -> None:
    rng = np.random.default_rng(4)
    frame = DATA.frame.assign(w=rng.uniform(0.5, 2, 400), c=np.arange(400) // 4)
    task = Task.of(frame, Query("y", do="a"), DATA.adjustment, Roles(arms=arms, **extra))
    sharp = replace(by, propensity=LogisticRegression())
    if isinstance(by, AIPW):
        sharp = replace(sharp, outcome=LinearRegression())
    effect = sharp.fit(task, seed=1)
    stored = Stored.of(Case(effect, frame, task))
    assert stored is not None
    quick = stored.reader(stored.outcome)

    class Other(type(by)):  # type: ignore[misc]
        pass

    settings = {field.name: getattr(sharp, field.name) for field in fields(sharp)}
    slow = replace(stored, estimator=Other(**settings)).reader(stored.outcome)
    for turn in range(3):
        arm = stored.handed_out(np.random.default_rng(turn))
        y = rng.permutation(task.outcome)
        assert quick(arm, y) == pytest.approx(slow(arm, y), rel=1e-9)
    assert quick(task.arm, task.outcome)[0] == pytest.approx(effect.value, rel=1e-9)


def test_an_interval_that_is_too_short_is_caught_on_stored_scores() -> None:
    @dataclass(frozen=True)
    class Boastful(AIPW):
        def effect(self, task: Task, nuisances: Any, seed: Any) -> Effect:
            sound = AIPW.effect(self, task, nuisances, seed)
            return replace(sound, influence=0.4 * sound.influence)

    boast = Boastful(folds=2, repeats=1, outcome=LinearRegression())
    effect = boast.fit(TASK, seed=1)
    found = refute(effect, DATA.frame, seed=1)
    verdicts = {one.name: one.passed for one in found}
    assert not verdicts["placebo treatment"]
    assert not verdicts["dummy outcome"]
    again = refute(effect, DATA.frame, by=Bootstrap(refit=True), seed=1)
    assert not again.passed
    assert "interval is too short" in again[0].sentence


def test_clipping_that_moves_the_estimate_is_caught_by_a_planted_truth() -> None:
    data = nonlinear_confounding(3000, seed=2)
    task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
    sound, clipped = (replace(IPW(), clip=clip).fit(task, seed=1) for clip in (0.01, 0.4))
    assert refute(sound, data.frame, by=PlantedTruth(), seed=1).passed
    found = refute(clipped, data.frame, by=PlantedTruth(), seed=1)
    assert not found.passed
    assert "does not find it" in found[0].sentence


def test_a_regression_that_is_too_simple_does_not_find_a_planted_truth() -> None:
    task = Task.of(DATA.frame, Query("y", do="a"), DATA.adjustment)
    found = refute(Regression().fit(task, seed=1), DATA.frame, seed=1)
    assert [one.name for one in found if not one.passed] == ["planted truth"]


def test_a_planted_effect_is_the_one_asked_for() -> None:
    for planted in (-3.0, 0.0, 4.0):
        (found,) = refute(EFFECT, DATA.frame, by=PlantedTruth(planted=planted), seed=1)
        assert found.expected == pytest.approx(planted, abs=1e-9)
        assert found.passed
        assert found.estimate == pytest.approx(planted, abs=0.1)


def test_zeros_and_ones_stay_zeros_and_ones_and_ratios_stay_ratios() -> None:
    frame = DATA.frame.assign(y=(DATA.frame["y"] > 1).astype(int))
    task = Task.of(frame, Query("y", do="a"), DATA.adjustment)
    for contrast in (Ratio(), OddsRatio(), Difference()):
        effect = replace(QUICK, contrast=contrast).fit(task, seed=1)
        found = refute(effect, frame, seed=1)
        assert found.passed, str(found)
        assert found[0].expected == effect.null
    with pytest.raises(EstimationError, match="probabilities can have"):
        refute(effect, frame, by=PlantedTruth(planted=3.0))


def test_three_arms_and_tmle_are_read_by_their_own_formula() -> None:
    rng = np.random.default_rng(8)
    x = rng.standard_normal(600)
    a = (0.5 * x + rng.standard_normal(600) > 0).astype(int) * rng.integers(1, 3, 600)
    frame = pd.DataFrame({"x": x, "a": a, "y": x + a + rng.standard_normal(600)})
    roles = Roles(arms=(0, 2))
    task = Task.of(frame, Query("y", do="a"), ("x",), roles)
    assert refute(QUICK.fit(task, seed=1), frame, seed=1).passed
    tmle = TMLE(folds=2, repeats=1, outcome=LinearRegression())
    assert refute(tmle.fit(TASK, seed=1), DATA.frame, seed=1).passed


def test_other_estimators_are_refitted_or_refused_with_a_hint() -> None:
    rng = np.random.default_rng(1)
    u, z, e = rng.standard_normal((3, 500))
    d = z + u + e
    frame = pd.DataFrame({"z": z, "d": d, "y": d + u + rng.standard_normal(500)})
    answer = identify(Graph("z -> d -> y; d <-> y"), Query("y", do="d"), assuming=Linear())
    effect = estimate(answer, frame, by=Covariances(), seed=1)
    found = refute(effect, frame, seed=1)
    assert found.passed
    assert [one.name for one in found] == ["dummy outcome", "subsets", "bootstrap"]
    assert len(found.left_out) == 3
    with pytest.raises(EstimationError, match="nothing to move") as caught:
        refute(effect, frame, by=PlaceboTreatment())
    assert "Hint: by=DummyOutcome()" in str(caught.value)
    assert refute(effect, frame, by=Bootstrap(refit=True), seed=1).passed
    model = SCM.fit(Graph("z -> d; u -> d -> y <- u"), frame.assign(u=u), seed=1)
    planted = PlantedTruth(model=model, repetitions=5)
    assert refute(effect, frame, by=planted, seed=1).passed


def test_a_front_door_by_its_formula_can_be_refuted() -> None:
    rng = np.random.default_rng(2)
    u = rng.random(2000) < 0.5
    s = (rng.random(2000) < 0.3 + 0.4 * u).astype(int)
    m = (rng.random(2000) < 0.2 + 0.6 * s).astype(int)
    y = (rng.random(2000) < 0.1 + 0.4 * m + 0.3 * u).astype(int)
    frame = pd.DataFrame({"s": s, "m": m, "y": y})
    answer = identify(Graph("s -> m -> y; s <-> y"), Query("y", do="s"))
    effect = estimate(answer, frame, by=Plugin(), seed=1)
    found = refute(effect, frame, seed=1)
    assert found.passed, str(found)
    assert "placebo treatment" in [one.name for one in found]


def test_matching_has_no_bootstrap() -> None:
    effect = Matching().fit(TASK, seed=1)
    with pytest.raises(EstimationError, match="match their own copies"):
        refute(effect, DATA.frame, by=Bootstrap())
    assert refute(effect, DATA.frame, by=Subsets(refit=True, repetitions=5), seed=1).passed


def test_how_many_rows_carry_the_sign() -> None:
    (found,) = refute(EFFECT, DATA.frame, by=Subsets(), seed=1)
    match = re.search(r"the (\d+) most influential of 400 rows", found.sentence)
    assert match is not None
    few = int(match[1])
    order = np.argsort(-EFFECT.influence)
    scores = EFFECT.value + EFFECT.influence
    assert np.delete(scores, order[:few]).mean() <= 0 < np.delete(scores, order[: few - 1]).mean()


def test_copies_of_a_row_stay_together_in_the_bootstrap() -> None:
    @dataclass(frozen=True)
    class Witness(AIPW):
        def quick(self) -> "Witness":
            return self

        def fit(self, task: Task, seed: Any) -> Effect:
            assert task.clusters is not None
            pairs = np.column_stack([task.clusters, task.outcome])
            seen.append((task.height, len(np.unique(pairs, axis=0)), task.clusters.max() + 1))
            return EFFECT

    seen: list[Any] = []
    effect = signed(EFFECT, Witness())
    refute(effect, DATA.frame, by=Bootstrap(refit=True, repetitions=10), seed=1)
    assert len(seen) == 10
    assert all(rows == 400 and different == groups for rows, different, groups in seen)


def test_whole_recipes_run_on_any_frame_with_words_weights_and_clusters() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(300)
    arm = np.where(x + rng.standard_normal(300) > 0, "drug", "placebo")
    columns = {
        "x": x,
        "arm": arm,
        "y": x + (arm == "drug") + rng.standard_normal(300),
        "w": rng.uniform(0.5, 2, 300),
        "c": np.repeat([f"ward {place}" for place in range(60)], 5),
    }
    pandas = pd.DataFrame(columns, index=[f"person {place % 100}" for place in range(300)])
    answer = identify(Graph("x -> arm -> y; x -> y"), Query("y", do="arm"))
    by = [replace(way, refit=True, repetitions=10) for way in SUITE]  # type: ignore[type-var]
    told = []
    for frame in (pandas, pl.DataFrame(columns)):
        for extra in ({}, {"weights": "w", "clusters": "c"}):
            given = {"arms": ("placebo", "drug"), **extra}
            effect = estimate(answer, frame, by=Regression(), seed=1, **given)
            found = refute(effect, frame, by=by, seed=1)
            assert found.passed, str(found)
            told.append([one.draws for one in found])
    for one, other in ((0, 2), (1, 3)):
        for mine, theirs in zip(told[one], told[other], strict=True):
            assert mine == pytest.approx(theirs)
