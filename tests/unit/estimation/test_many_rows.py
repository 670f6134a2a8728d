"""What conditional effects leave out where it costs much and tells little."""

from dataclasses import replace

import numpy as np
import pytest

from causalsim.datasets.generators import Generated, nonlinear_confounding
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Effect, Task
from causalsim.estimation.crossfitting.learners import (
    OUTCOME_MEMBERS,
    OUTCOME_OF_MANY,
    TREATMENT_MEMBERS,
    TREATMENT_OF_MANY,
    LogisticRidge,
    Ridge,
)
from causalsim.estimation.crossfitting.nuisances import Nuisances
from causalsim.estimation.heterogeneity import DRLearner, calibration, conditional_effects
from causalsim.estimation.heterogeneity.conditional import STACK, STACK_OF_MANY
from causalsim.estimation.heterogeneity.holding_out import behind, judging


def estimated(rows: int, by: AIPW) -> tuple[Generated, Effect]:
    """An effect of that many people."""
    data = nonlinear_confounding(rows, seed=1)
    task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
    return data, by.fit(task, seed=1)


SMOOTH = AIPW(folds=2, outcome=Ridge(), propensity=LogisticRidge())


def test_many_rows_try_fewer_ways_and_say_so() -> None:
    data, effect = estimated(20_500, SMOOTH)
    found = conditional_effects(effect, data.frame, seed=1)
    assert len(found.shares) == len(STACK_OF_MANY) < len(STACK)
    assert set(found.parts) == {0, 1, 2}
    assert found.notes == ("Above 20,000 rows 6 metalearners are tried, not 9",)
    assert found.notes[0] in found.why
    error = np.sqrt(np.mean((found.at(data.frame, level=None).effect - data.effect) ** 2))
    assert error < 0.2 * data.effect.std()
    judged = calibration(found)
    assert abs(judged.slope - 1) < 4 * judged.standard_error


def test_very_many_rows_are_held_out_in_two_parts_and_say_so() -> None:
    data, effect = estimated(50_500, SMOOTH)
    found = conditional_effects(effect, data.frame, by=(DRLearner(),), seed=1)
    assert set(found.parts) == {0, 1}
    assert found.notes == ("Above 50,000 rows they are held out in two parts, not three",)
    three = conditional_effects(effect, data.frame, by=(DRLearner(),), parts=3, seed=1)
    assert set(three.parts) == {0, 1, 2}
    assert three.notes == ()


def test_judges_leave_out_what_hardly_counted() -> None:
    data, effect = estimated(1000, AIPW(folds=2, repeats=1))
    task, nuisances = behind(effect, data.frame)
    made = judging(effect, task, nuisances)
    shares = np.max(nuisances.splits[0].weights, axis=0)
    assert (shares < 0.02).any()
    assert made.outcome == tuple(
        one for one, share in zip(OUTCOME_MEMBERS, shares, strict=True) if share >= 0.02
    )
    assert made.propensity == TREATMENT_MEMBERS
    assert (made.folds, made.repeats) == (2, 1)


def test_judges_take_what_estimates_of_very_many_rows_take() -> None:
    many = nonlinear_confounding(51_000, seed=1)
    few, effect = estimated(400, AIPW(folds=2, repeats=1))
    task = Task.of(many.frame, Query("y", do="a"), many.adjustment)
    nuisances = behind(effect, few.frame)[1]
    split = replace(nuisances.splits[0], weights=((1.0, 0.0), (0.5, 0.5)))
    made = judging(effect, task, Nuisances((split,), ""))
    assert made.outcome == OUTCOME_OF_MANY
    assert made.propensity == TREATMENT_OF_MANY
    # Predictions of another origin say nothing about members.
    other = judging(effect, task, Nuisances((replace(split, weights=()),), ""))
    assert other.outcome is None


@pytest.mark.parametrize("outcome", [Ridge(), (Ridge(), Ridge(products=False))])
def test_judges_keep_what_was_asked_for(outcome: object) -> None:
    data, effect = estimated(400, AIPW(folds=2, repeats=1, outcome=outcome, propensity=0.5))
    made = judging(effect, *behind(effect, data.frame))
    asked = outcome if isinstance(outcome, tuple) else (outcome,)
    assert set(made.outcome) <= set(asked)
    assert made.propensity == 0.5
