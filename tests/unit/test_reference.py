"""The reference names every module whose contents a package offers."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import causalsim

TEXT = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"auto(?:module|class|function):: ([\w.]+)", TEXT))
PACKAGES = [
    found.name
    for found in pkgutil.walk_packages(causalsim.__path__, "causalsim.")
    if found.ispkg and not found.name.startswith("causalsim.graph")
]


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_package_offers_is_in_the_reference(package: str) -> None:
    offered = getattr(importlib.import_module(package), "_CONTENTS", {})
    missing = {
        module
        for name, module in offered.items()
        if module not in NAMED
        and f"{module}.{name}" not in NAMED
        and not hasattr(importlib.import_module(module), "__path__")
    }
    assert not missing
