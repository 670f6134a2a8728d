"""Importing causalsim is light, and its table of contents is true."""

import subprocess
import sys

import causalsim

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


def test_every_public_name_exists() -> None:
    for name in causalsim.__all__:
        assert getattr(causalsim, name) is not None
    assert len(causalsim.__all__) <= 25
