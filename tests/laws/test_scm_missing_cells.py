"""Laws of fitting with missing cells: EM never goes down, and units and row order do not matter."""

import numpy as np
import pandas
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim.graph.graph import Graph
from causalsim.scm import SCM
from causalsim.scm.learning.missing.gaps import components_of, read_gaps
from causalsim.scm.learning.missing.normal import System
from causalsim.scm.mechanisms.continuous.additive import Linear

NAMES = ("a", "b", "c", "d")


def holed(seed: int) -> tuple[Graph, pandas.DataFrame]:
    """A random linear model of four variables, and rows that lack cells by what others show."""
    rng = np.random.default_rng(seed)
    arrows = [(p, n) for k, n in enumerate(NAMES) for p in NAMES[:k] if rng.random() < 0.7]
    columns: dict[str, np.ndarray] = {}
    for name in NAMES:
        columns[name] = rng.normal(size=120)
        for parent, node in arrows:
            if node == name:
                columns[name] = columns[name] + rng.normal() * columns[parent]
    shown = columns[NAMES[int(rng.integers(4))]]
    gone = {n: rng.random(120) < 0.4 / (1 + np.exp(-shown)) for n in NAMES}
    rows = pandas.DataFrame({n: np.where(gone[n], np.nan, columns[n]) for n in NAMES})
    return Graph(arrows, nodes=NAMES), rows.dropna(how="all").reset_index(drop=True)


def lines(model: SCM) -> np.ndarray:
    """Every number of the model, in an order of its own."""
    found = []
    for node in NAMES:
        mechanism = model.mechanisms[node]
        zero = {p: torch.zeros(()).double() for p in mechanism.parents}
        base = mechanism.given(zero)
        found += [float(base.mean), float(base.stddev)]
        for parent in sorted(mechanism.parents):
            moved = mechanism.given({**zero, parent: torch.ones(()).double()})
            found.append(float(moved.mean - base.mean))
    return np.array(found)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000))
def test_no_step_of_em_goes_down(seed: int) -> None:
    graph, rows = holed(seed)
    gaps = read_gaps(graph, rows)
    fitted = {n: Linear().fit(gaps.complete(n)) for n in gaps.parents}
    for component in components_of(gaps):
        system = System.made(gaps, component, {n: fitted[n] for n in component.factors})
        at = system.start()
        height = system.height(at)
        for _ in range(20):
            at = system.step(at)
            higher = system.height(at)
            assert higher >= height - 1e-9 * abs(height)
            height = higher


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000))
def test_units_and_row_order_do_not_matter(seed: int) -> None:
    graph, rows = holed(seed)
    using = dict.fromkeys(NAMES, Linear())
    expected = lines(SCM.fit(graph, rows, using=using))
    shuffled = rows.sample(frac=1.0, random_state=1).reset_index(drop=True)
    assert np.allclose(lines(SCM.fit(graph, shuffled, using=using)), expected, atol=1e-5)
    model = SCM.fit(graph, 1000.0 * rows, using=using)
    slopes = lines(model)
    at = 0
    for node in NAMES:
        assert np.allclose(slopes[at : at + 2] / 1000.0, expected[at : at + 2], atol=1e-5)
        width = 2 + len(model.mechanisms[node].parents)
        assert np.allclose(slopes[at + 2 : at + width], expected[at + 2 : at + width], atol=1e-5)
        at += width
