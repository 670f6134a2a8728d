"""Counts: the fit against its likelihood equations, quantiles against scipy, and misuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, PoissonRegression, Shift
from causalsim.scm.mechanism import Coupling
from causalsim.scm.mechanisms.discrete.counts import PoissonCount
from causalsim.scm.mechanisms.parts.terms import Predictor, Slope
from causalsim.scm.regression import poisson_log

GRAPH = Graph("x -> visits")


def rows(n: int = 2000) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x = rng.normal(size=n)
    return pd.DataFrame({"x": x, "visits": rng.poisson(np.exp(0.5 + 0.7 * x))})


def fitted() -> SCM:
    return SCM.fit(GRAPH, rows(), using={"visits": PoissonRegression()}, seed=1)


def root(log_rate: float) -> PoissonCount:
    return PoissonCount(Predictor((), torch.tensor(log_rate, dtype=torch.float64), ()))


def test_the_fit_solves_its_likelihood_equations_and_finds_the_truth() -> None:
    data = rows()
    x, visits = torch.tensor(data["x"].to_numpy()), torch.tensor(data["visits"].to_numpy()).double()
    found = poisson_log([Slope("x")], {"x": x}, visits)
    residual = found({"x": x}).exp() - visits
    assert abs(float(residual.sum())) < 1e-4
    assert abs(float((residual * x).sum())) < 0.01
    # The information of the slope is at least n times the rate at the mean of x.
    assert abs(float(found.weights[0][0]) - 0.7) < 4 / (2000 * np.exp(0.5)) ** 0.5


@pytest.mark.parametrize("log_rate", [-5.0, 0.0, 1.0, 5.0, 10.0])
def test_quantiles_agree_with_scipy(log_rate: float) -> None:
    noise = torch.rand(2000, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = root(log_rate).produce({}, noise)
    expected = stats.poisson.ppf(noise.numpy(), np.exp(log_rate))
    assert float(np.abs(found.numpy() - expected).max()) == 0.0


def test_counts_survive_the_round_trip_and_keep_their_mean() -> None:
    model = fitted()
    drawn = model.sample(4000, seed=2)
    assert drawn["visits"].dtype == np.int64
    assert drawn["visits"].min() >= 0
    visits = rows()["visits"]
    error = (visits.var() / 2000 + drawn["visits"].var() / 4000) ** 0.5
    assert abs(drawn["visits"].mean() - visits.mean()) < 4 * error
    assert str(model.mechanisms["visits"].domain) == "counts"


def test_more_exposure_never_means_fewer_visits_for_anyone() -> None:
    data = rows()
    result = fitted().counterfactual(data, do={"x": Shift(+1)}, seed=1)
    assert (result["visits"] >= data["visits"]).all()
    assert result.diagnostics.couplings == (("visits", Coupling.INVERSE_CDF),)
    again = fitted().counterfactual(data, do={"x": data["x"]}, seed=2)
    assert (again["visits"] == data["visits"]).all()


def test_a_column_of_zeros_is_a_small_rate() -> None:
    data = rows(100).assign(visits=0)
    model = SCM.fit(GRAPH, data, using={"visits": PoissonRegression()}, seed=1)
    assert model.sample(1000, seed=1)["visits"].mean() < 0.05


MISUSES: dict[str, tuple[Callable[[], Any], str]] = {
    "half a visit": (lambda: fitted().do(visits=0.5), "counts and cannot be 0.5"),
    "minus one visit": (lambda: fitted().do(visits=-1), "counts and cannot be -1.0"),
    "a name": (lambda: fitted().do(visits="many"), "counts and cannot be 'many'"),
    "shifted below zero": (
        lambda: fitted().do({"visits": Shift(-100)}).sample(5),
        "counts and cannot be",
    ),
    "values that do not count": (
        lambda: SCM.fit(GRAPH, rows().assign(visits=0.3), using={"visits": PoissonRegression()}),
        "its values are not counts",
    ),
    "a rate beyond counting": (lambda: root(30.0).produce({}, torch.zeros(1)), "at most 25"),
    "an impossible count": (
        lambda: SCM(Graph("", nodes=["k"]), {"k": root(0.0)}).abduct(pd.DataFrame({"k": [500]})),
        "probability zero to the value of 'k'",
    ),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_misuse_is_a_clear_error_with_a_hint(misuse: str) -> None:
    action, words = MISUSES[misuse]
    with pytest.raises(ModelError) as caught:
        action()
    assert words in str(caught.value)
    assert caught.value.hint
