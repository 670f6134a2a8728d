"""Importing causalsim is light, and its table of contents is true."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import causalsim

ROOT = Path(causalsim.__file__).parent
PACKAGES = sorted(
    ".".join(("causalsim", *path.parent.relative_to(ROOT).parts))
    for path in ROOT.rglob("__init__.py")
    if "table_of_contents(" in path.read_text(encoding="utf-8")
)

PROBE = """
import sys, time
start = time.perf_counter()
import causalsim
causalsim.Graph("a -> b").ancestors("b")
print(time.perf_counter() - start)
print(sorted({"torch", "pyro", "sklearn", "econml", "pandas", "networkx"} & set(sys.modules)))
"""


def test_import_is_light() -> None:
    out = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert out[1] == "[]"


def test_graph_and_identification_need_no_heavy_package() -> None:
    probe = (
        "import sys; from causalsim import Graph, Query, identify;"
        "identify(Graph('x -> m -> y; x <-> y'), Query('y', do='x'));"
        "print(sorted({'torch', 'pyro', 'sklearn', 'econml', 'pandas'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    ).stdout
    assert out.strip() == "[]"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_table_of_contents_is_true_and_short(package: str) -> None:
    module = importlib.import_module(package)
    assert len(module.__all__) <= 25
    for name in module.__all__:
        found = getattr(module, name)
        # A module must not stand where the function of its name is meant.
        assert not (inspect.ismodule(found) and hasattr(found, name))


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_see_the_same_names(package: str) -> None:
    module = importlib.import_module(package)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    seen = {
        alias.asname
        for block in tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert seen == set(module.__all__)
