"""What can be saved, what is refused, and whose functions a file may use."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyro.distributions as dist
import pytest
import torch
from safetensors.torch import save as safetensors_bytes
from sklearn.linear_model import LinearRegression
from torch import nn

from causalsim.errors.storage import StorageError
from causalsim.graph.graph import Graph
from causalsim.scm import SCM, Policy, linear
from causalsim.scm.mechanisms import Heteroscedastic, Neural, Regression
from causalsim.scm.storing.files import FORMAT, digest_of
from tests.oracles import equations
from tests.oracles.equations import NORMAL, Bent, above, doubled, waved

NAMES = {f"tests.oracles.equations:{f.__name__}": f for f in (waved, above, doubled)}
GRAPH = Graph("x -> y <- c")
RNG = np.random.default_rng(1)
ROWS = pd.DataFrame(
    {"x": RNG.normal(size=200), "c": RNG.choice(["a", "b", "d", "e"], size=200)}
).assign(y=lambda f: f["x"] + (f["c"] == "a") + RNG.normal(size=200))


def written() -> SCM:
    """Equations by name, with a shared noise and two noises of one equation."""
    return SCM.from_equations({"x": NORMAL, "y": waved, "z": above, "w": doubled}, noises={})


def test_equations_are_saved_by_name_and_loaded_by_the_user(tmp_path: Path) -> None:
    path = tmp_path / "model"
    written().save(path)
    again = SCM.load(path, functions=NAMES)
    rows = written().sample(30, seed=1)
    assert again.sample(30, seed=1).equals(rows)
    moved = [m.counterfactual(rows, do={"x": 1.0}, seed=2).frame for m in (written(), again)]
    assert moved[0].equals(moved[1])
    assert SCM.load(path, trust=["tests.oracles.equations"]).equations == again.equations


def test_a_file_does_not_choose_what_is_imported(tmp_path: Path, monkeypatch: Any) -> None:
    """Neither names nor modules of the file are touched before the user allowed them."""
    path = tmp_path / "model"
    written().save(path)
    imported: list[str] = []
    monkeypatch.setattr("importlib.import_module", lambda name: imported.append(name))
    with pytest.raises(StorageError) as caught:
        SCM.load(path)
    assert imported == []
    assert "tests.oracles.equations:above" in str(caught.value)
    assert 'functions={"' in caught.value.hint
    assert "trust=" in caught.value.hint


def test_policies_are_saved_by_name(tmp_path: Path) -> None:
    model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 1.0})})
    acted = model.do(y=Policy(doubled))
    acted.save(tmp_path / "model")
    again = SCM.load(tmp_path / "model", functions=NAMES)
    assert again.sample(9, seed=1).equals(acted.sample(9, seed=1))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_fitted_model_keeps_its_reasons_and_its_kind_of_frame(
    library: str, tmp_path: Path
) -> None:
    frame: Any = (
        ROWS if library == "pandas" else pl.DataFrame({name: ROWS[name].tolist() for name in ROWS})
    )
    model = SCM.fit(GRAPH, frame, using={"y": Heteroscedastic()}, seed=1)
    model.save(tmp_path / "model")
    again = SCM.load(tmp_path / "model")
    assert again.why == model.why
    assert str(again) == str(model)
    assert type(again.sample(3)) is type(frame)
    assert again.sample(9, seed=1).equals(model.sample(9, seed=1))


def test_a_module_of_the_users_own_is_rebuilt_by_the_user(tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = SCM.fit(GRAPH, ROWS, using={"y": Neural(Bent(), steps=3)}, seed=1)
    model.save(tmp_path / "model")
    again = SCM.load(tmp_path / "model", functions={"tests.oracles.equations:Bent": Bent})
    assert again.sample(9, seed=1).equals(model.sample(9, seed=1))
    with pytest.raises(StorageError, match="does not fit"):
        SCM.load(
            tmp_path / "model",
            functions={"tests.oracles.equations:Bent": lambda: nn.Linear(4, 1)},
        )
    with pytest.raises(StorageError, match="it gave a int"):
        SCM.load(tmp_path / "model", functions={"tests.oracles.equations:Bent": lambda: 3})


class Own:
    """A recipe that no file knows."""

    def refuses(self, rows: Any) -> str:
        return ""

    def fit(self, rows: Any) -> Any:
        return linear({parent: 1.0 for parent in rows.parents if parent == "x"} | {"c": 0.0})

    def __str__(self) -> str:
        return "my own"


def test_an_unknown_recipe_leaves_its_name(tmp_path: Path) -> None:
    model = SCM.fit(GRAPH, ROWS, using={"y": Own()}, seed=1)
    model.save(tmp_path / "model")
    again = SCM.load(tmp_path / "model")
    assert again.why == model.why
    choice = next(choice for choice in again.choices if choice.node == "y")
    assert "name only" in choice.recipe.refuses(None)  # type: ignore[arg-type]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model"
    written().save(path)
    before = path.read_bytes()
    with pytest.raises(StorageError):
        SCM.from_equations({"x": NORMAL, "y": lambda x: x}).save(path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["model"]


def regressed() -> SCM:
    return SCM.fit(Graph("x -> y"), ROWS, using={"y": Regression(LinearRegression())}, seed=1)


def program() -> None:
    import pyro

    pyro.sample("x", dist.Normal(0.0, 1.0))


def inner() -> Callable[..., Any]:
    def nested(x: Any) -> Any:
        return x

    return nested


def odd() -> SCM:
    return SCM.from_equations({"x": dist.Pareto(1.0, 2.0)})


UNSAVABLE: dict[str, tuple[Callable[[], SCM], str]] = {
    "a lambda": (lambda: SCM.from_equations({"x": NORMAL, "y": lambda x: x}), "<lambda>"),
    "a function in a function": (
        lambda: SCM.from_equations({"x": NORMAL, "y": inner()}),
        "nested",
    ),
    "a regressor": (regressed, "fitted LinearRegression"),
    "a program": (lambda: SCM.from_pyro(program), "from_pyro"),
    "a strange noise": (odd, "Pareto"),
}


@pytest.mark.parametrize("case", UNSAVABLE)
def test_what_cannot_be_saved_safely_is_refused(case: str, tmp_path: Path) -> None:
    made, words = UNSAVABLE[case]
    with pytest.raises(StorageError) as caught:
        made().save(tmp_path / "model")
    assert words in str(caught.value)
    assert caught.value.hint
    assert not list(tmp_path.iterdir())


def test_foreign_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(StorageError, match="no such file"):
        SCM.load(path)
    with pytest.raises(StorageError, match="no such file"):
        SCM.load(tmp_path)
    with pytest.raises(StorageError, match="cannot be opened"):
        written().save(tmp_path / "missing" / "model")
    for content in (b"", b"not a model", b"\x80\x04\x95pickle", b"{}", bytes(range(256)) * 9):
        path.write_bytes(content)
        with pytest.raises(StorageError, match="no saved model"):
            SCM.load(path)
    path.write_bytes(safetensors_bytes({"t0": torch.zeros(3)}))
    with pytest.raises(StorageError, match="tensors, but no model"):
        SCM.load(path)


def test_newer_formats_and_wrong_checksums_are_told(tmp_path: Path) -> None:
    path = tmp_path / "model"
    marks = {"format": FORMAT + 1, "digest": "", "model": {}}
    path.write_bytes(safetensors_bytes({}, {"causalsim": json.dumps(marks)}))
    with pytest.raises(StorageError, match="reads formats up to"):
        SCM.load(path)
    marks = {"format": FORMAT, "digest": "0", "model": {}}
    path.write_bytes(safetensors_bytes({}, {"causalsim": json.dumps(marks)}))
    with pytest.raises(StorageError, match="was changed"):
        SCM.load(path)
    marks = {"format": FORMAT, "digest": digest_of({}, {}), "model": {}}
    for text in (json.dumps(marks), "{}", "[" * 100_000, '{"format": NaN}', "3", "not JSON"):
        path.write_bytes(safetensors_bytes({}, {"causalsim": text}))
        with pytest.raises(StorageError, match="damaged"):
            SCM.load(path)


def test_functions_that_do_not_fit_are_told(tmp_path: Path) -> None:
    path = tmp_path / "model"
    written().save(path)
    with pytest.raises(StorageError, match="it is a int"):
        SCM.load(path, functions={**NAMES, "tests.oracles.equations:waved": 3})  # type: ignore[dict-item]
    moved = sys.modules["tests.oracles.equations"]
    assert moved is equations
