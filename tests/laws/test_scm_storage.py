"""Saving and loading is the identity for every mechanism; no changed file does anything else."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyro.distributions as dist
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load as load_tensors
from safetensors.torch import save as safetensors_bytes

from causalsim.errors.base import CausalsimError
from causalsim.errors.storage import StorageError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, Draw, Set, Shift, frequencies, linear
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.storing.files import _opened, digest_of
from tests.oracles.mechanisms import every_mechanism

STORABLE = {
    name: found
    for name, found in every_mechanism().items()
    if not name.startswith("equation:") and name not in ("regressor",)
}
ROOTS: dict[str, Mechanism] = {
    "x": linear({}),
    "s": frequencies({0: 0.5, 1: 0.5}),
    "c": frequencies({"a": 0.3, "b": 0.3, "c": 0.4}),
}


def model_with(mechanism: Mechanism) -> SCM:
    """The mechanism below the roots that it reads."""
    arrows = [(parent, "y") for parent in mechanism.parents]
    graph = Graph(arrows, nodes=[*ROOTS, "y"], exposures=["x"], positions=[("x", (0.1, 2.0))])
    return SCM(graph, {**ROOTS, "y": mechanism})


def round_trip(model: SCM, path: Path, **options: Any) -> SCM:
    """Saved and loaded."""
    model.save(path)
    return SCM.load(path, **options)


@pytest.mark.parametrize("name", STORABLE)
def test_the_round_trip_is_exact(name: str, tmp_path: Path) -> None:
    model = model_with(STORABLE[name])
    again = round_trip(model, tmp_path / "model")
    assert again.graph == model.graph
    assert again.graph.positions == model.graph.positions
    assert again.equations == model.equations
    rows = model.sample(50, seed=3)
    assert again.sample(50, seed=3).equals(rows)
    assert type(again.mechanisms["y"]) is type(model.mechanisms["y"])
    acted = [found.counterfactual(rows, do={"x": 1.0}, seed=4).frame for found in (model, again)]
    assert acted[0].equals(acted[1])
    again.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


ACTIONS = {
    "set": Set(2.0),
    "shift": Shift(+1.0),
    "draw": Draw(dist.Normal(torch.tensor(1.0).double(), 2.0)),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_models_that_were_acted_upon_are_saved_too(name: str, tmp_path: Path) -> None:
    model = model_with(linear({"x": 1.0})).do({"x": ACTIONS[name]})
    again = round_trip(model, tmp_path / "model")
    assert again.sample(20, seed=1).equals(model.sample(20, seed=1))
    assert str(again) == str(model)


def refused(action: Callable[[], Any]) -> CausalsimError | None:
    """The package's own error, if there was one; any other is let through."""
    try:
        action()
    except CausalsimError as error:
        return error if error.hint else None
    return None


def saved(path: Path) -> bytes:
    """A model of several kinds of mechanism, as a file."""
    found = every_mechanism()
    graph = Graph("x -> a <- s; c -> a; x -> b <- c; x -> d", nodes=["x", "s", "c"])
    parts = {"a": found["network"], "b": found["ordinal probit of names"]}
    if set(parts["b"].parents) != {"x", "c"}:
        raise AssertionError
    SCM(graph, {**ROOTS, **parts, "d": linear({"x": 2.0})}).save(path)
    return path.read_bytes()


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_flipped_bytes_are_told(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "model"
    raw = bytearray(saved(path) if not path.exists() else path.read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    changed = tmp_path / "changed"
    changed.write_bytes(bytes(raw))
    # A blank of the header may become another blank; nothing else may pass.
    if refused(lambda: SCM.load(changed)) is None:
        assert SCM.load(changed).equations == SCM.load(path).equations
        assert at < 8 + int.from_bytes(raw[:8], "little")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_files_cut_short_are_told(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "model"
    raw = saved(path) if not path.exists() else path.read_bytes()
    changed = tmp_path / "changed"
    changed.write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
    with pytest.raises(StorageError):
        SCM.load(changed)


SCRAPS = st.sampled_from(
    [
        None,
        True,
        -1,
        0.5,
        10**30,
        "x",
        "os:system",
        "__import__('os')",
        [],
        [[]],
        {},
        {"$": "function", "is": "os:system"},
        {"$": "module", "is": "os:abort", "state": {}},
        {"$": "tensor", "is": "t99"},
        {"$": "tensor", "is": "t0"},
        {"$": "Additive"},
        {"$": "Slope", "parent": 3},
        {"$": "Slope", "parent": "x"},
        {"$": "Predictor", "terms": [], "intercept": 1.0, "weights": []},
        {"$": "float", "is": "nan"},
        {"$": "distribution", "family": "Normal", "parameters": {"loc": 0.0, "scale": -1.0}},
        {"$": "distribution", "family": "__class__", "parameters": {}},
        {"$": "LogitLink"},
        {"$": "Levels", "levels": ["b", "a"], "ranked": False},
        {"$": "layer", "is": "Linear", "settings": {}, "state": {}},
        {"$": ["list"]},
        {"$": {"a": 1}},
    ]
)


def places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in JSON."""
    if isinstance(found, dict):
        inner = [place for key, part in found.items() for place in places(part, (*path, key))]
    elif isinstance(found, list):
        inner = [place for at, part in enumerate(found) for place in places(part, (*path, at))]
    else:
        inner = []
    return [path, *inner] if path else inner


def written(path: Path, model: Any, tensors: dict[str, torch.Tensor]) -> None:
    """A file with a right checksum, as an attacker would write it."""
    whole = {"format": 1, "digest": digest_of(model, tensors), "model": model}
    marks = {"causalsim": json.dumps(whole)}
    path.write_bytes(safetensors_bytes(tensors, marks))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_forged_structure_is_an_error_of_the_package_or_a_model(
    tmp_path: Path, data: st.DataObject
) -> None:
    """With the checksum made right: never another exception, never a function from the file."""
    path = tmp_path / "model"
    if not path.exists():
        saved(path)
    marks, tensors = _opened(path)
    model = json.loads(marks["causalsim"])["model"]
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(places(model)))
        inner = model
        for step in place[:-1]:
            inner = inner[step]
        if isinstance(inner, dict) and data.draw(st.booleans()):
            del inner[place[-1]]
        else:
            inner[place[-1]] = copy.deepcopy(data.draw(SCRAPS))
    forged = tmp_path / "forged"
    written(forged, model, tensors)
    if refused(lambda: SCM.load(forged)) is None:
        refused(lambda: SCM.load(forged).sample(3, seed=1))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_forged_tensors_are_an_error_of_the_package_or_a_model(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "model"
    if not path.exists():
        saved(path)
    marks, _ = _opened(path)
    tensors = load_tensors(path.read_bytes())
    name = data.draw(st.sampled_from(sorted(tensors)))
    other = [
        torch.zeros(0),
        torch.zeros(2, 3, 4),
        torch.full_like(tensors[name], torch.nan),
        torch.ones((), dtype=torch.int64),
        torch.zeros(5, dtype=torch.bool),
    ]
    tensors[name] = data.draw(st.sampled_from(other))
    forged = tmp_path / "forged"
    written(forged, json.loads(marks["causalsim"])["model"], tensors)
    refused(lambda: SCM.load(forged).sample(3, seed=1))
