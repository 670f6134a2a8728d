"""Evaluation: right models pass at the level promised, each planted fault is found and named."""

import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim import SCM, Graph
from causalsim.errors.base import CausalsimError
from causalsim.scm import (
    GumbelMax,
    Levels,
    Linear,
    PoissonRegression,
    frequencies,
    linear,
    logistic,
)
from causalsim.scm.explaining import evaluate
from causalsim.scm.mechanisms.parts.chances import Table


def chain() -> SCM:
    return SCM(
        Graph("x -> z -> y <- x"),
        {"x": linear({}), "z": linear({"x": 1.0}), "y": linear({"x": 0.5, "z": 2.0})},
    )


def mixed() -> SCM:
    """Levels, names without order, and numbers."""
    import torch

    names, binary = Levels(("bus", "car", "train")), Levels((0, 1))
    rows = torch.tensor([[0.2, 0.5, 0.3], [0.6, 0.2, 0.2]], dtype=torch.float64)
    return SCM(
        Graph("t -> way; t -> y -> z"),
        {
            "t": frequencies({0: 0.5, 1: 0.5}),
            "way": GumbelMax(Table(("t",), (binary,), rows), names),
            "y": linear({"t": 1.0}),
            "z": logistic({"y": 1.0}),
        },
    )


def test_right_models_are_rarely_condemned() -> None:
    for model in (chain(), mixed()):
        wrong = [
            seed
            for seed in range(20)
            if not evaluate(model, model.sample(2_000, seed=seed), seed=seed).good
        ]
        # Twenty tests at five in a hundred: more than four would happen to 3 in 1000.
        assert len(wrong) <= 4


def test_scores_of_a_right_model_are_uniform_for_levels_too() -> None:
    found = evaluate(mixed(), mixed().sample(4_000, seed=1), seed=1)
    for node in ("t", "way", "y", "z"):
        calibration = found[node].calibration
        assert calibration is not None
        assert calibration.size < 0.03
    assert found["y"].round_trip < 1e-12
    assert found.to_frame()["tested"].all()


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"y": linear({"x": 0.5, "z": 2.0}, scale=2.0)}, "not distributed as the mechanism says"),
        ({"y": linear({"x": 0.5, "z": 2.0}, intercept=1.0)}, "not distributed"),
        ({"y": linear({"x": 0.5, "z": 1.0})}, "depends on z"),
        ({"z": linear({"x": 0.2})}, "depends on x"),
    ],
)
def test_a_wrong_mechanism_is_found_and_alone(wrong: dict[str, Any], fault: str) -> None:
    model = SCM(chain().graph, {**chain().mechanisms, **wrong})
    found = evaluate(model, chain().sample(2_000, seed=3))
    assert found.at_fault == tuple(wrong)
    assert fault in found.why
    assert str(found).endswith(f"{next(iter(wrong))} at fault")


def test_a_curve_fitted_by_a_line_and_a_spread_that_grows() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=3_000)
    for y, fault in (
        (x**2 + rng.normal(size=3_000), "depends on x along a curve"),
        (x + np.exp(x / 2) * rng.normal(size=3_000), "the spread of its noise depends on x"),
    ):
        frame = pd.DataFrame({"x": x, "y": y})
        model = SCM.fit(Graph("x -> y"), frame, using={"x": Linear(), "y": Linear()})
        found = evaluate(model, frame)
        assert found.at_fault == ("y",)
        assert fault in found.why


def test_a_hidden_cause_and_a_missing_name_are_found() -> None:
    rng = np.random.default_rng(2)
    hidden = rng.normal(size=2_000)
    frame = pd.DataFrame({"x": hidden + rng.normal(size=2_000), "y": hidden})
    frame["y"] += rng.normal(size=2_000)
    model = SCM.fit(Graph("x; y"), frame, using={"x": Linear(), "y": Linear()})
    found = evaluate(model, frame)
    assert found.at_fault == ("y",)
    assert "depends on that of x" in found.why
    city = rng.choice(["Oslo", "Rome", "York"], size=2_000)
    frame = pd.DataFrame({"city": city, "y": (city == "Rome") + rng.normal(size=2_000) / 2})
    fitted = SCM.fit(Graph("city -> y"), frame, using={"y": Linear()})
    assert evaluate(fitted, frame).good
    moved = frame.assign(y=frame["y"] + 0.5 * (frame["city"] == "York"))
    assert "depends on city" in evaluate(fitted, moved).why


def test_a_small_fault_in_many_rows_is_told_but_does_not_condemn() -> None:
    almost = SCM(chain().graph, {**chain().mechanisms, "z": linear({"x": 0.95})})
    found = evaluate(almost, chain().sample(40_000, seed=1))
    assert found.good
    assert "z: good enough; its noise depends on x, but little" in found.why


def test_counts_and_equations_without_noise() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=1_000)
    frame = pd.DataFrame({"x": x, "n": rng.poisson(np.exp(0.5 + 0.5 * x))})
    graph = Graph("x -> n -> twice")
    fitted = SCM.fit(Graph("x -> n"), frame, using={"x": Linear(), "n": PoissonRegression()})
    assert evaluate(fitted, frame).good
    model = SCM.from_equations({**fitted.mechanisms, "twice": lambda n: 2 * n})
    assert model.graph.parents("twice") == graph.parents("twice")
    found = evaluate(model, frame.assign(twice=2 * frame["n"]))
    assert "twice: not tested, since it has no noise, and every row obeys it." in found.why
    with pytest.raises(CausalsimError, match="twice"):
        evaluate(model, frame.assign(twice=frame["n"] + 1))


def test_rounding_is_no_noise() -> None:
    x = np.random.default_rng(4).normal(size=200)
    frame = pd.DataFrame({"x": x, "y": 2 * x})
    found = evaluate(SCM.fit(Graph("x -> y"), frame), frame)
    assert "y: not tested, since its parents determine it, but for rounding." in found.why
    assert str(found) == "2 mechanisms on 200 rows: no fault found (y not tested)"


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_an_evaluation_tells_itself(kind: Any) -> None:
    frame = chain().sample(200, seed=1)
    found = evaluate(chain(), kind(frame.to_dict(orient="list")))
    table = found.to_frame()
    assert isinstance(table, kind)
    assert list(table["variable"]) == ["x", "z", "y"]
    told = found.to_dict()
    json.dumps(told, allow_nan=False)
    assert told["at_fault"] == []
    assert len(found.why.splitlines()) == 3
    assert "<table>" in found._repr_html_()
    assert found["y"].log_density == pytest.approx(-0.5 * np.log(2 * np.pi * np.e), abs=0.2)


def test_bad_questions_are_told() -> None:
    frame = chain().sample(100, seed=1)
    for rows, level, words in (
        (frame.head(5), 0.05, "5 rows"),
        (frame.drop(columns="z"), 0.05, "'z'"),
        (frame.assign(z=np.nan), 0.05, "missing"),
        (frame, 1.5, "between 0 and 1"),
        (frame, True, "between 0 and 1"),
        (frame, "high", "between 0 and 1"),
        ([1, 2], 0.05, "frame"),
    ):
        with pytest.raises(CausalsimError, match=words):
            evaluate(chain(), rows, level=level)  # type: ignore[arg-type]
    with pytest.raises(CausalsimError, match="found dict"):
        evaluate({}, frame)  # type: ignore[arg-type]
