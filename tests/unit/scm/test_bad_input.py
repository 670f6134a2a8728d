"""Each misuse of a model is an error of the package's own, and its hint says what to type."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyro.distributions as dist
import pytest
import torch

from causalsim.errors.base import CausalsimError
from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm import (
    SCM,
    Draw,
    Frequencies,
    Levels,
    Linear,
    Policy,
    Shift,
    Splines,
    frequencies,
    linear,
    table,
)
from causalsim.scm.mechanism import Mechanism
from causalsim.seeds import seeded

CHAIN = Graph("x -> y -> z")
ROWS = pd.DataFrame(
    {
        "x": np.arange(40.0),
        "y": np.arange(40.0) % 7 + 0.5 * np.arange(40),
        "z": ["a", "b"] * 20,
    }
)


def chain() -> SCM:
    return SCM(CHAIN, {"x": linear({}), "y": linear({"x": 1.0}), "z": linear({"y": 1.0})})


def fitted() -> SCM:
    return SCM.fit(CHAIN, ROWS, seed=1)


def only(level: str) -> SCM:
    return SCM(Graph("", nodes=["c"]), {"c": frequencies({"a": 1.0, level: 0.0})})


def coin_after_name() -> Mechanism:
    domain = Levels(("a", "b"))
    rows = {("a",): [0.5, 0.5], ("b",): [0.1, 0.9]}
    return table(["c"], rows, levels=[0, 1], domains=[domain])


MISUSES: dict[str, tuple[Callable[[], Any], type[CausalsimError], str]] = {
    "a node without mechanism": (
        lambda: SCM(CHAIN, {"x": linear({})}),
        ModelError,
        "No mechanism was given for y, z",
    ),
    "a mechanism without node": (
        lambda: SCM(Graph("x -> y"), {**chain().mechanisms}),
        ModelError,
        "no variable 'z'",
    ),
    "a mechanism that reads other nodes": (
        lambda: SCM(Graph("x -> y"), {"x": linear({}), "y": linear({})}),
        ModelError,
        "the graph's arrows into it come from (x)",
    ),
    "a node named as a noise": (
        lambda: SCM(Graph("x -> U_x"), {"x": linear({}), "U_x": linear({"x": 1.0})}),
        ModelError,
        "name of the noise of 'x'",
    ),
    "hidden causes by hand": (
        lambda: SCM(Graph("x -> y; x <-> y"), {"x": linear({}), "y": linear({"x": 1.0})}),
        ModelError,
        "x <-> y",
    ),
    "fitting hidden causes": (
        lambda: SCM.fit(Graph("x -> y <-> z"), ROWS),
        ModelError,
        "y <-> z",
    ),
    "fitting latent nodes": (
        lambda: SCM.fit(Graph("x -> y", latent=["x"]), ROWS),
        ModelError,
        "x [latent]",
    ),
    "a missing column": (
        lambda: SCM.fit(Graph("x -> yy"), ROWS),
        DataError,
        "did you mean 'y'?",
    ),
    "missing values": (
        lambda: SCM.fit(CHAIN, ROWS.assign(y=[None] * 40)),
        DataError,
        "'y' has no value in any of 40 rows",
    ),
    "missing names": (
        lambda: SCM.fit(CHAIN, ROWS.assign(z=[None] * 40)),
        DataError,
        "'z' has no value in any of 40 rows",
    ),
    "infinite values": (
        lambda: SCM.fit(CHAIN, ROWS.assign(y=[np.inf, *ROWS["y"][1:]])),
        DataError,
        "infinities",
    ),
    "dates": (
        lambda: SCM.fit(CHAIN, ROWS.assign(x=pd.date_range("2020-01-01", periods=40))),
        ModelError,
        "neither numbers nor names",
    ),
    "an empty frame": (lambda: SCM.fit(CHAIN, ROWS.iloc[:0]), DataError, "no rows"),
    "too few rows": (lambda: SCM.fit(CHAIN, ROWS.iloc[:5]), ModelError, "5 row(s)"),
    "no frame": (lambda: SCM.fit(CHAIN, [1, 2]), DataError, "data frame is expected"),
    "a family for no variable": (
        lambda: SCM.fit(CHAIN, ROWS, using={"w": Linear()}),
        ModelError,
        "no variable 'w'",
    ),
    "a family that does not fit names": (
        lambda: SCM.fit(CHAIN, ROWS, using={"z": Linear()}),
        ModelError,
        "not continuous",
    ),
    "a table of numbers": (
        lambda: SCM.fit(CHAIN, ROWS, using={"y": Frequencies()}),
        ModelError,
        "a table needs levels",
    ),
    "no family": (
        lambda: SCM.fit(CHAIN, ROWS, using={"y": "linear"}),  # type: ignore[dict-item]
        ModelError,
        "no family of mechanisms",
    ),
    "two knots": (lambda: Splines(2), ModelError, "at least 3"),
    "an unknown target": (lambda: chain().do(yy=1), ModelError, "did you mean 'y'?"),
    "a latent target": (
        lambda: SCM(Graph("u -> x", latent="u"), {"u": linear({}), "x": linear({"u": 1.0})}).do(
            u=1
        ),
        ModelError,
        "no variable 'u'",
    ),
    "no target": (lambda: chain().do(), ModelError, "Nothing was done"),
    "a target twice": (lambda: chain().do({"y": 1}, y=2), ModelError, "twice"),
    "nothing as an action": (lambda: chain().do(y=None), ModelError, "Cannot do None"),
    "a class as an action": (lambda: chain().do(y=Shift), ModelError, "Cannot do"),
    "a table as an action": (lambda: chain().do(y=[[1.0]]), ModelError, "Cannot do"),
    "a name for a number": (lambda: chain().do(y="high"), ModelError, "cannot be 'high'"),
    "NaN": (lambda: chain().do(y=float("nan")), ModelError, "cannot be nan"),
    "an unknown level": (lambda: fitted().do(z="c"), ModelError, "the levels 'a', 'b'"),
    "a number for a level": (lambda: fitted().do(z=1), ModelError, "cannot be 1"),
    "a shifted name": (lambda: fitted().do(z=Shift(1)), ModelError, "cannot be shifted"),
    "a shift beyond the levels": (
        lambda: (
            SCM(Graph("", nodes=["c"]), {"c": frequencies({0: 0.5, 1: 0.5})})
            .do(c=Shift(1))
            .sample(50)
        ),
        ModelError,
        "cannot be 2.0",
    ),
    "a policy on a descendant": (
        lambda: chain().do(x=lambda z: z),
        ModelError,
        "wait for each other: x -> y -> z -> x",
    ),
    "a policy on an unknown variable": (
        lambda: chain().do(y=lambda w: w),
        ModelError,
        "no variable 'w'",
    ),
    "a policy without names": (
        lambda: chain().do(y=Policy(lambda *everything: 1)),
        ModelError,
        "arguments name variables",
    ),
    "a policy that branches": (
        lambda: chain().do(y=lambda x: 1.0 if x > 0 else 0.0).sample(5),
        ModelError,
        "torch.where",
    ),
    "a policy of the wrong length": (
        lambda: chain().do(y=lambda x: x[:2]).sample(5),
        ModelError,
        "shape (2,) for 5",
    ),
    "a policy that asks for an unknown name": (
        lambda: (
            SCM(
                Graph("c -> y"),
                {
                    "c": frequencies({"a": 0.5, "b": 0.5}),
                    "y": coin_after_name(),
                },
            )
            .do(y=lambda c: c == "z")
            .sample(5)
        ),
        ModelError,
        "cannot be 'z'",
    ),
    "a draw of many numbers": (
        lambda: chain().do(y=Draw(dist.Normal(torch.zeros(3), 1.0))),
        ModelError,
        "of one number",
    ),
    "a draw that is no Pyro distribution": (
        lambda: chain().do(y=torch.distributions.Normal(0.0, 1.0)),
        ModelError,
        "Pyro distribution",
    ),
    "a draw beyond the levels": (
        lambda: fitted().do(z=dist.Normal(0.0, 1.0)).sample(5),
        ModelError,
        "cannot be",
    ),
    "values for another number of units": (
        lambda: chain().do(y=[1.0, 2.0]).sample(5),
        ModelError,
        "for 5 unit(s)",
    ),
    "values for another number of rows": (
        lambda: chain().counterfactual(chain().sample(4), do={"y": [1.0, 2.0]}),
        ModelError,
        "for 4 unit(s)",
    ),
    "no units": (lambda: chain().sample(0), ModelError, "n must be a positive"),
    "half a unit": (lambda: chain().sample(2.5), ModelError, "n must be"),  # type: ignore[arg-type]
    "no draws": (
        lambda: chain().counterfactual(ROWS, do={"y": 1}, draws=0),
        ModelError,
        "draws must be",
    ),
    "no units in a program": (lambda: chain().program()(0), ModelError, "units must be"),
    "no seed": (lambda: chain().sample(3, seed="a"), CausalsimError, "seed=1"),  # type: ignore[arg-type]
    "a truth value as a seed": (lambda: seeded(True), CausalsimError, "whole number"),
    "a noise without its variable": (
        lambda: chain().abduct(ROWS[["x", "y"]]),
        ModelError,
        "'z' is not in the frame",
    ),
    "evidence that is no number": (
        lambda: chain().counterfactual(ROWS, do={"x": 1.0}),
        DataError,
        "must be numeric",
    ),
    "evidence outside the levels": (
        lambda: fitted().counterfactual(ROWS.assign(z="c"), do={"x": 1.0}),
        ModelError,
        "cannot be 'c'",
    ),
    "impossible evidence": (
        lambda: only("b").abduct(pd.DataFrame({"c": ["a", "b", "b"]})),
        ModelError,
        "probability zero to the value of 'c' in 2 row(s), first in row 1",
    ),
    "evidence against what was set": (
        lambda: chain().do(x=1.0).abduct(chain().sample(3)),
        ModelError,
        "probability zero to the value of 'x' in 3 row(s)",
    ),
    "the natural value behind a policy": (
        lambda: chain().do(y=lambda y, x: y * 0).abduct(chain().sample(3)),
        ModelError,
        "does not tell",
    ),
    "draws of what was not touched": (
        lambda: chain().counterfactual(chain().sample(3), do={"y": 1}).mean("x"),
        ModelError,
        "does not influence it",
    ),
    "the mean of names": (
        lambda: fitted().counterfactual(ROWS, do={"y": 1}).mean("z"),
        ModelError,
        "has no mean",
    ),
    "a column that is not there": (
        lambda: chain().counterfactual(chain().sample(3), do={"y": 1})["w"],
        ModelError,
        "no variable 'w'",
    ),
    "an infinite slope": (lambda: linear({"x": float("inf")}), ModelError, "finite"),
    "no spread": (lambda: linear({}, scale=0.0), ModelError, "a positive number"),
    "probabilities beyond one": (
        lambda: frequencies({"a": 0.9, "b": 0.9}),
        ModelError,
        "sum to one",
    ),
    "negative probabilities": (
        lambda: frequencies({"a": 1.5, "b": -0.5}),
        ModelError,
        "one probability a level",
    ),
    "an incomplete table": (
        lambda: table(["x"], {(0,): [0.5, 0.5]}, levels=[0, 1], domains=[Levels((0, 1))]),
        ModelError,
        "each combination",
    ),
    "levels that repeat": (lambda: Levels(("a", "a")), ModelError, "different values"),
    "levels out of order": (lambda: Levels((2, 1)), ModelError, "from low to high"),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_misuse_is_a_clear_error_with_a_hint(misuse: str) -> None:
    action, kind, words = MISUSES[misuse]
    with pytest.raises(kind) as caught:
        action()
    assert words in str(caught.value)
    assert caught.value.hint
