"""Counterfactuals under all draws of the parameters at once are those of each draw by itself."""

from collections.abc import Mapping

import numpy as np
import pandas
import pytest

from causalsim.graph.graph import Graph
from causalsim.scm import SCM, Policy, Shift
from causalsim.scm.learning import Conjugate, Laplace, Pooled, Posterior, predicting
from causalsim.scm.mechanisms.continuous.additive import Linear, Splines
from causalsim.scm.mechanisms.discrete.threshold import Logit
from causalsim.scm.recipe import Recipe

RNG = np.random.default_rng(8)
N = 150
X = RNG.normal(size=N)
T = RNG.integers(0, 3, size=N)
M = np.sin(X) + 0.3 * RNG.normal(size=N)
Y = 2.0 * M - X + np.array([0.0, 1.0, -1.0])[T] + 0.5 * RNG.normal(size=N)
FRAME = pandas.DataFrame(
    {
        "x": X,
        "t": np.array(["a", "b", "c"])[T],
        "m": M,
        "y": Y,
        "z": M * 0.5 - Y + RNG.normal(size=N),
        "c": np.where(X + RNG.normal(size=N) > 0, "Rome", "Oslo"),
    }
)
GRAPH = Graph("x -> m -> y <- x; t -> y; m -> z <- y; x -> c")
USING: dict[str, Recipe] = {
    "x": Linear(),
    "m": Splines(),
    "y": Linear(),
    "z": Splines(4),
    "c": Logit(),
}


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    return SCM.fit(GRAPH, FRAME, using=USING, by=Laplace(120), seed=1)


ACTIONS: dict[str, Mapping[str, object]] = {
    "a value": {"m": 0.5},
    "one value a unit": {"m": np.linspace(-1.0, 1.0, 40)},
    "a shift": {"m": Shift(+1.0)},
    "names": {"t": "c"},
    "a policy": {"y": Policy(lambda m: m * 2.0)},
    "two": {"m": 0.0, "y": Shift(-1.0)},
}


@pytest.mark.parametrize("name", ACTIONS)
def test_all_draws_at_once_are_each_by_itself(name: str, posterior: Posterior) -> None:
    rows, do = FRAME.head(40), ACTIONS[name]
    found = posterior.counterfactual(rows, do=do, draws=25)
    for place, model in enumerate(posterior.models(25)):
        alone = model.counterfactual(rows, do=do)
        assert set(alone.draws_of) == set(found.values)
        for node, values in alone.draws_of.items():
            np.testing.assert_allclose(found.values[node][place, 0], values[0], atol=1e-11)


def test_closed_forms_are_not_looped_over(
    posterior: Posterior, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("one by one")

    monkeypatch.setattr(predicting, "_one_by_one", refused)
    rows = FRAME.head(7)
    with pytest.raises(AssertionError, match="one by one"):  # a city has many noises
        posterior.counterfactual(rows, do={"x": 2.0})
    world = posterior.counterfactual(rows, do={"m": 0.0}, noises=3)
    assert world.values["z"].shape == (120, 3, 7)
    assert world["z"].by_unit()["noise_sd"].max() < 1e-12
    monkeypatch.setattr(predicting, "_AT_ONCE", 7 * 50)
    parts = posterior.counterfactual(rows, do={"m": 0.0}, noises=3)
    np.testing.assert_allclose(parts.values["z"], world.values["z"], atol=1e-12)


def test_what_has_no_closed_form_is_still_answered(posterior: Posterior) -> None:
    cities = posterior.counterfactual(FRAME.head(5), do={"x": 1.0}, draws=9)
    assert cities.values["c"].shape == (9, 1, 5)
    gap = FRAME.head(5).assign(m=[0.1, np.nan, 0.2, 0.3, 0.4])
    missing = posterior.counterfactual(gap, do={"y": 0.0}, draws=4)
    assert np.isfinite(missing.values["z"]).all()
    unseen = posterior.counterfactual(FRAME.head(5).drop(columns="m"), do={"y": 0.0}, draws=4)
    assert np.isfinite(unseen.values["z"]).all()


def test_groups_hold_all_draws_too() -> None:
    rows = FRAME[["x", "t", "y"]]
    found = SCM.fit(
        Graph("x -> y <- t"),
        rows,
        using={"x": Linear(), "y": Pooled("t")},
        by=Laplace(30),
        seed=2,
    )
    at_once = found.counterfactual(rows.head(6), do={"x": 1.0})
    for place, model in enumerate(found.models()):
        alone = model.counterfactual(rows.head(6), do={"x": 1.0}).draws_of["y"]
        np.testing.assert_allclose(at_once.values["y"][place, 0], alone[0], atol=1e-11)


def test_conjugate_draws_at_once() -> None:
    rows = FRAME[["x", "m"]]
    found = SCM.fit(Graph("x -> m"), rows, using={"m": Linear()}, by=Conjugate(40), seed=1)
    world = found.counterfactual(rows, do={"x": Shift(+1.0)})
    gain = world["m"] - rows["m"].to_numpy()
    np.testing.assert_allclose(gain.values[:, 0, 0], found.draws("m.x"), atol=1e-11)
