"""Rows drawn anew: the same spread as the influence values say, the same numbers everywhere."""

from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.datasets.generators import clustered, heavy_tails
from causalsim.errors.resampling import ResamplingError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Effect, Regression, Task
from causalsim.estimation.estimators import Matching
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.resampling import bootstrap

SMALL = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())


def fitted(by: Any, rows: int = 300) -> tuple[Effect, Any]:
    frame = heavy_tails(rows, seed=1).frame
    return by.fit(Task.of(frame, Query("y", do="a"), ("x1", "x2")), seed=1), frame


def test_it_spreads_as_the_influence_values_say() -> None:
    effect, frame = fitted(Regression())
    found = bootstrap(effect, frame, repetitions=150, seed=1)
    # The relative standard error of 150 draws' deviation is 6 %; heavy tails add to it.
    assert found.standard_error == pytest.approx(effect.standard_error, rel=0.25)
    assert effect.value in found.interval()
    assert "150 times" in found.why


def test_clusters_are_drawn_whole() -> None:
    frame = clustered(800, seed=1).frame
    task = Task.of(frame, Query("y", do="a"), ("x1", "x2"), Roles(clusters="group"))
    whole = Regression().fit(task, seed=1)
    found = bootstrap(whole, frame, repetitions=200, seed=1)
    assert found.standard_error == pytest.approx(whole.standard_error, rel=0.3)


def test_a_cluster_of_two_workers_gets_the_numbers_of_one_process() -> None:
    distributed = pytest.importorskip("distributed")
    effect, frame = fitted(SMALL)
    alone = bootstrap(effect, frame, repetitions=12, seed=3)
    settings = {"dashboard_address": None, "processes": True, "threads_per_worker": 1}
    with (
        distributed.LocalCluster(n_workers=2, **settings) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert len(client.scheduler_info()["workers"]) == 2
        with joblib.parallel_config(backend="dask"):
            spread = bootstrap(effect, frame, repetitions=12, seed=3)
            folds = AIPW(folds=2, repeats=1).fit(effect.recipe.read(frame), seed=1)
    assert np.array_equal(spread.draws, alone.draws)
    assert folds.value == AIPW(folds=2, repeats=1).fit(effect.recipe.read(frame), seed=1).value


def test_what_cannot_be_resampled_is_said() -> None:
    effect, frame = fitted(SMALL)
    for call, message in (
        (lambda: bootstrap(effect, frame, repetitions=3), "whole number from 10"),
        (lambda: bootstrap(effect.value, frame), "An effect is expected"),
        (lambda: bootstrap(effect - effect, frame), "cannot be estimated again"),
        (lambda: bootstrap(effect, frame.assign(y=0.5 * frame["y"])), "pass the same frame"),
        (lambda: bootstrap(fitted(Matching())[0], frame), "not valid for"),
    ):
        with pytest.raises(ResamplingError, match=message) as caught:
            call()  # type: ignore[no-untyped-call]
        assert "Hint:" in str(caught.value)
