"""Effects within groups: averages of scores, with the covariance between groups."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, Ratio, Treated, by_group
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task

DATA = nonlinear_confounding(1200, seed=3)
FRAME = DATA.frame.assign(name=np.where(DATA.frame.x5 == 1, "yes", "no"))
TASK = Task.of(FRAME, Query("y", do="a"), DATA.adjustment)
NUISANCES = AIPW(folds=3, repeats=1).crossfit.fit(TASK, 1)
EFFECT = AIPW(folds=3, repeats=1).effect(TASK, NUISANCES, 1)


def test_groups_find_the_effects_that_were_planted() -> None:
    # The effect is 1 + x3 + 0.5 x5.
    no, yes = by_group(EFFECT, FRAME, "name")
    assert [no.estimand[-9:], yes.estimand[-10:]] == ["name = no", "name = yes"]
    assert abs(no.value - 1.0) < 4 * no.standard_error
    assert abs((yes - no).value - 0.5) < 4 * (yes - no).standard_error
    quarters = by_group(EFFECT, FRAME, "x3")
    assert len(quarters) == 4
    assert [one.value for one in quarters] == sorted(one.value for one in quarters)
    cut = pd.qcut(FRAME.x3, 4, labels=False)
    for code, one in enumerate(quarters):
        truth = DATA.effect[cut == code].mean()
        assert abs(one.value - truth) < 4 * one.standard_error


def test_groups_add_up_to_everyone() -> None:
    for column in ("name", "x3", "a"):
        found = by_group(EFFECT, FRAME, column)
        shares = np.array([(one.influence != 0).mean() for one in found])
        assert shares.sum() == pytest.approx(1.0)
        total = sum(float(s) * one.value for s, one in zip(shares, found, strict=True))
        assert total == pytest.approx(EFFECT.value, rel=1e-9)


def test_groups_are_independent_of_each_other() -> None:
    no, yes = by_group(EFFECT, FRAME, "name")
    gap = (yes - no).standard_error
    assert gap == pytest.approx(np.hypot(no.standard_error, yes.standard_error), rel=1e-9)


# The same rows give the same scores only where nothing is learnt at random or by folds.
PLAIN = AIPW(folds=1, repeats=1, outcome=DummyRegressor(), propensity=0.5)


def test_weights_enter_once() -> None:
    rng = np.random.default_rng(2)
    copies = rng.integers(1, 4, len(FRAME))
    weighted = FRAME.assign(w=copies.astype(float))
    task = Task.of(weighted, Query("y", do="a"), DATA.adjustment, Roles(weights="w"))
    # Copies of a person are one cluster, which is left out as a whole where leverage is taken off.
    repeated = FRAME.assign(row=range(len(FRAME))).loc[FRAME.index.repeat(copies)]
    again = Task.of(repeated, Query("y", do="a"), DATA.adjustment, Roles(clusters="row"))
    one = PLAIN.effect(task, PLAIN.crossfit.fit(task, 1), 1)
    two = PLAIN.effect(again, PLAIN.crossfit.fit(again, 1), 1)
    for first, second in zip(
        by_group(one, weighted, "name"), by_group(two, repeated, "name"), strict=True
    ):
        assert first.value == pytest.approx(second.value, rel=1e-9)


@pytest.mark.parametrize(
    ("effect", "message"),
    [
        (AIPW(folds=3, repeats=1, target=Treated()).effect(TASK, NUISANCES, 1), "on the treated"),
        (IPW().fit(TASK, 1), "by IPW"),
        (EFFECT * 2.0, "2 times"),
    ],
)
def test_other_effects_have_no_scores(effect: object, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        by_group(effect, FRAME, "name")  # type: ignore[arg-type]


def test_what_cannot_be_grouped_is_said() -> None:
    positive = DATA.frame.assign(y=lambda d: np.exp(d.y))
    task = Task.of(positive, Query("y", do="a"), DATA.adjustment)
    ratio = AIPW(folds=3, repeats=1, contrast=Ratio()).effect(task, NUISANCES, 1)
    with pytest.raises(EstimationError, match="a difference"):
        by_group(ratio, FRAME, "name")
    with pytest.raises(EstimationError, match="rows"):
        by_group(EFFECT, FRAME.iloc[:100], "name")
    with pytest.raises(EstimationError, match=r"'id' makes 1200 groups"):
        by_group(EFFECT, FRAME.assign(id=[f"p{i}" for i in range(1200)]), "id")
    with pytest.raises(DataError, match="nme"):
        by_group(EFFECT, FRAME, "nme")
    with pytest.raises(EstimationError, match="groups"):
        by_group(EFFECT, FRAME, "x3", groups=1)
