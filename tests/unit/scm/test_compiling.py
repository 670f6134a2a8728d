"""Straight-line code gives what the model gives, and refuses what it cannot."""

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from pyro.distributions import Exponential, Normal

from causalsim import SCM
from causalsim.errors.compiling import CompilingError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import Draw, Policy, Shift, frequencies, linear, logistic
from causalsim.scm.compiling import Compiled, compiled

N = Normal(0.0, 1.0)
WAIT = Exponential(1.0)


def written() -> SCM:
    return SCM.from_equations(
        {
            "x": N,
            "w": N,
            "m": lambda x, u=N: torch.tanh(x) + u,
            "y": lambda m, x, w, u=N: 0.5 * m * x - w + u,
            "z": lambda y, u=WAIT: u + torch.sin(y),
        }
    )


ROWS = written().sample(500, seed=1)
ACTIONS: dict[str, Mapping[str, object]] = {
    "a value": {"x": 1.0},
    "one value a unit": {"x": np.linspace(0, 1, 500)},
    "a shift": {"m": Shift(0.5)},
    "shifts a unit": {"m": Shift(np.linspace(0, 1, 500))},
    "two": {"x": 0.0, "y": Shift(-1.0)},
}


@pytest.mark.parametrize("name", ACTIONS)
def test_straight_line_code_gives_what_the_model_gives(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = written().counterfactual(ROWS, do=ACTIONS[name])
    monkeypatch.setattr(compiled, "_STEPWISE", 64)
    found = written().compile().counterfactual(ROWS, do=ACTIONS[name])
    pd.testing.assert_frame_equal(found.frame, expected.frame, rtol=0, atol=1e-12)
    assert found.actions == expected.actions
    assert set(found.draws_of) == set(expected.draws_of)
    assert "straight-line in float64" in found.diagnostics.engine
    small = written().compile(dtype=torch.float32).counterfactual(ROWS, do=ACTIONS[name])
    assert all(value.dtype == torch.float32 for value in small.draws_of.values())
    np.testing.assert_allclose(small["z"], expected["z"], rtol=0, atol=5e-6)
    other = written().compile().counterfactual(pl.from_pandas(ROWS), do=ACTIONS[name])
    np.testing.assert_allclose(other["z"].to_numpy(), expected["z"], atol=1e-12)


def test_fitted_curves_and_a_world_that_was_acted_upon() -> None:
    graph = Graph("x -> m -> y <- x; m -> z")
    model = SCM.fit(graph, ROWS[["x", "m", "y", "z"]], seed=1)
    expected = model.counterfactual(ROWS, do={"x": 0.0})
    found = model.compile().counterfactual(ROWS, do={"x": 0.0})
    pd.testing.assert_frame_equal(found.frame, expected.frame, rtol=0, atol=1e-12)
    single = model.compile(dtype=torch.float32).counterfactual(ROWS, do={"x": 0.0})
    np.testing.assert_allclose(single["y"], expected["y"], atol=1e-4)


def test_bounds_of_noise_are_checked_after_all() -> None:
    rows = ROWS.copy()
    rows.loc[321, "z"] = -50.0
    for model in (written(), written().compile()):
        with pytest.raises(ModelError, match=r"probability zero.*'z'.*first in row 321"):
            model.counterfactual(rows, do={"x": 0.0})


MIXED = SCM(
    Graph("x -> y -> z"), {"x": linear({}), "y": logistic({"x": 1.0}), "z": linear({"y": 1.0})}
)
EQUAL = SCM.from_equations({"x": N, "y": lambda x: 2 * x, "z": lambda y, u=N: y + u})
STRETCHED = SCM.from_equations({"x": N, "y": lambda x, u=N: x + torch.exp(x) * u})
REFUSED: dict[str, tuple[SCM, pd.DataFrame, Mapping[str, object], str]] = {
    "hidden": (written(), ROWS[["x", "y"]], {"x": 0.0}, "noise to infer"),
    "missing": (written(), ROWS.assign(m=np.nan), {"x": 0.0}, "noise to infer"),
    "levels": (MIXED, MIXED.sample(9, seed=1), {"x": 0.0}, r"that of \(y\)"),
    "drawn": (written(), ROWS, {"x": Draw(N)}, "new noise"),
    "a policy": (written(), ROWS, {"y": Policy(lambda m: m)}, "'y' is"),
    "certain": (EQUAL, EQUAL.sample(9, seed=1), {"x": 0.0}, "'y' has no noise"),
    "a stretched noise": (STRETCHED, STRETCHED.sample(9, seed=1), {"x": 0.0}, "'y' is Equation"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_straight_is_refused(case: str) -> None:
    model, rows, do, words = REFUSED[case]
    with pytest.raises(CompilingError, match=words) as caught:
        model.compile().counterfactual(rows, do=do)
    assert "model.counterfactual(frame, do=...)" in str(caught.value)


def test_misuse_is_told() -> None:
    with pytest.raises(CompilingError, match="dtype must be"):
        written().compile(dtype=torch.float16)
    with pytest.raises(ModelError, match="no variable 'q'"):
        written().compile().counterfactual(ROWS, do={"q": 1.0})
    steep = SCM.from_equations({"x": N, "y": lambda x, u=N: torch.exp(x) + u})
    rows = pd.DataFrame({"x": [1.0], "y": [2.0]})
    with pytest.raises(CompilingError, match="'y' came out as NaN or infinite"):
        steep.compile(dtype=torch.float32).counterfactual(rows, do={"x": 100.0})
    levels = frequencies({"a": 0.5, "b": 0.5})
    named = SCM(Graph("t"), {"t": levels})
    found = named.compile(dtype=torch.float32).counterfactual(
        pd.DataFrame({"t": ["a", "b"]}), do={"t": "b"}
    )
    assert found["t"].tolist() == ["b", "b"]
    assert isinstance(written().compile(), Compiled)
    assert "straight-line float64, step by step" in str(written().compile())


@pytest.mark.slow
def test_fused_code_gives_the_same_and_is_compiled_once_for_its_targets() -> None:
    fused = written().compile(dtype=torch.float32, fuse=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns about itself while it compiles
        for value in (0.0, 1.0):
            found = fused.counterfactual(ROWS, do={"x": value})
            expected = written().counterfactual(ROWS, do={"x": value})
            np.testing.assert_allclose(found["z"], expected["z"], rtol=0, atol=5e-6)
        assert len(fused.programs) == 1
        shifted = fused.counterfactual(ROWS, do={"m": Shift(0.5)})
    np.testing.assert_allclose(
        shifted["z"], written().counterfactual(ROWS, do={"m": Shift(0.5)})["z"], atol=5e-6
    )
    assert len(fused.programs) == 2
