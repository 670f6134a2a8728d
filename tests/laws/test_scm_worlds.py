"""Laws of worlds, on random models of mixed mechanisms (Pearl 2009, section 7.3: axioms)."""

from types import MappingProxyType
from typing import Any

import numpy as np
import pyro
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim.graph.graph import Graph
from causalsim.scm import SCM, GumbelMax, Levels, Set, Shift, Threshold
from causalsim.scm.domain import Real
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.chances import Logits, Table
from causalsim.scm.mechanisms.parts.terms import Curve, Offsets, Predictor, Slope
from causalsim.scm.noise import normal

LAW = settings(max_examples=25, deadline=None)
#: Laws judged by standard errors see the same examples every time.
STATISTICAL = settings(max_examples=25, deadline=None, derandomize=True)
KINDS = ("line", "curve", "binary", "ordered", "named", "gumbel", "table")
LEVELS = {
    "binary": Levels((False, True)),
    "ordered": Levels((1, 2, 4)),
    "named": Levels(("blue", "green", "red")),
    "gumbel": Levels(("a", "b", "c")),
    "table": Levels((0, 1, 2)),
}


def tensor(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.tensor(rng.normal(size=shape), dtype=torch.float64)


def predictor(
    rng: np.random.Generator, parents: Any, domains: dict[str, Any], outputs: int, *, bend: bool
) -> Any:
    """A random predictor of one output (outputs == 0) or several."""
    terms = []
    for parent in parents:
        domain = domains[parent]
        if isinstance(domain, Levels) and domain.named:
            terms.append(Offsets(parent, domain))
        else:
            terms.append(Curve(parent, (-1.0, 0.0, 1.5)) if bend else Slope(parent))
    shape = (outputs,) if outputs else ()
    weights = tuple(0.7 * tensor(rng, term.width, *shape) for term in terms)
    return Predictor(tuple(terms), 0.5 * tensor(rng, *shape), weights)


def mechanism(rng: np.random.Generator, kind: str, parents: Any, domains: dict[str, Any]) -> Any:
    """A random mechanism of this kind; a table becomes a logit under continuous parents."""
    if kind in ("line", "curve"):
        scale = float(rng.uniform(0.3, 2.0))
        return Additive(predictor(rng, parents, domains, 0, bend=kind == "curve"), normal(scale))
    levels = LEVELS[kind]
    size = len(levels.levels)
    parts = [domains[parent] for parent in parents]
    if kind == "table" and all(isinstance(part, Levels) for part in parts):
        shape = (*(len(part.levels) for part in parts), size)
        rows = torch.tensor(rng.dirichlet(np.ones(size), size=shape[:-1]), dtype=torch.float64)
        return Threshold(Table(tuple(parents), tuple(parts), rows), levels)
    coupled = GumbelMax if kind == "gumbel" else Threshold
    return coupled(Logits(predictor(rng, parents, domains, size - 1, bend=False)), levels)


@st.composite
def models(draw: Any, most: int = 6) -> Any:
    """A random model, nodes v0, v1, … in causal order."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=most))
    nodes = [f"v{number}" for number in range(len(kinds))]
    found, domains = {}, {}
    for number, (node, kind) in enumerate(zip(nodes, kinds, strict=True)):
        parents = [other for other in nodes[:number] if rng.random() < 0.6]
        found[node] = mechanism(rng, kind, parents, domains)
        domains[node] = found[node].domain
    edges = [(parent, node) for node in nodes for parent in found[node].parents]
    return SCM(Graph(edges, nodes=nodes), found)


def some_value(model: SCM, node: str, rng: np.random.Generator) -> Any:
    """A value that the node may be set to."""
    domain = model.mechanisms[node].domain
    if isinstance(domain, Real):
        return float(rng.normal())
    return domain.levels[int(rng.integers(len(domain.levels)))]


def noise_of(noises: Any, node: str, found: Any) -> torch.Tensor:
    """A variable's noise as a tensor; a Gumbel-max variable has one column a level."""
    if f"U_{node}" in noises.columns:
        return torch.tensor(np.array(noises[f"U_{node}"]))
    columns = [np.array(noises[f"U_{node}[{level}]"]) for level in found.domain.levels]
    return torch.tensor(np.column_stack(columns))


def same(one: Any, other: Any) -> Any:
    """Columns equal to rounding, or exactly where they are names."""
    one, other = np.asarray(one), np.asarray(other)
    if one.dtype.kind in "OUT":
        return bool((one == other).all())
    return bool(np.allclose(one.astype(float), other.astype(float), rtol=1e-9, atol=1e-9))


def frames_same(one: Any, other: Any) -> Any:
    return list(one.columns) == list(other.columns) and all(
        same(one[name], other[name]) for name in one.columns
    )


MODEL_AND_SEED = (models(), st.integers(0, 2**31))


@LAW
@given(*MODEL_AND_SEED)
def test_doing_what_was_observed_gives_back_the_observed_row(model: SCM, seed: int) -> None:
    """Consistency: X(u) = x implies Y_x(u) = Y(u), for one target and for all at once."""
    rows = model.sample(50, seed=seed)
    for targets in ([node] for node in model.graph.nodes):
        done = {node: rows[node] for node in targets}
        assert frames_same(model.counterfactual(rows, do=done, seed=seed).frame, rows)
    everything = {node: rows[node] for node in model.graph.nodes[:-1]}
    assert frames_same(model.counterfactual(rows, do=everything, seed=seed).frame, rows)


@LAW
@given(*MODEL_AND_SEED)
def test_a_target_has_the_value_it_was_given(model: SCM, seed: int) -> None:
    """Effectiveness: X_x(u) = x."""
    rng = np.random.default_rng(seed)
    rows = model.sample(20, seed=seed)
    for node in model.graph.nodes:
        value = some_value(model, node, rng)
        expected = np.full(20, value)
        assert same(model.do({node: value}).sample(20, seed=seed)[node], expected)
        assert same(model.counterfactual(rows, do={node: value}, seed=seed)[node], expected)


@LAW
@given(*MODEL_AND_SEED)
def test_setting_another_variable_to_what_it_becomes_changes_nothing(model: SCM, seed: int) -> None:
    """Composition: W_x(u) = w implies Y_xw(u) = Y_x(u)."""
    rng = np.random.default_rng(seed)
    target, other = model.graph.nodes[0], model.graph.nodes[1]
    value = some_value(model, target, rng)
    rows = model.sample(30, seed=seed)
    once = model.counterfactual(rows, do={target: value}, seed=seed).frame
    both = {target: value, other: once[other]}
    assert frames_same(model.counterfactual(rows, do=both, seed=seed).frame, once)


@LAW
@given(*MODEL_AND_SEED)
def test_what_an_action_does_not_influence_stays_as_it_was(model: SCM, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = model.sample(30, seed=seed)
    for target in model.graph.nodes:
        done = {target: some_value(model, target, rng)}
        imagined = model.counterfactual(rows, do=done, seed=seed).frame
        acted = model.do(done).sample(30, seed=seed)
        for node in model.graph.nodes:
            if node not in model.graph.descendants(target):
                assert (imagined[node] == rows[node]).all()
                assert (acted[node] == rows[node]).all()


@LAW
@given(*MODEL_AND_SEED)
def test_do_twice_is_do_last(model: SCM, seed: int) -> None:
    rng = np.random.default_rng(seed)
    node = model.graph.nodes[0]
    first, last = (some_value(model, node, rng) for _ in range(2))
    twice = model.do({node: first}).do({node: last}).sample(30, seed=seed)
    assert frames_same(twice, model.do({node: last}).sample(30, seed=seed))
    if isinstance(model.mechanisms[node].domain, Real):
        shifted = model.do({node: first}).do({node: Shift(2.0)}).sample(30, seed=seed)
        assert frames_same(shifted, model.do({node: Shift(2.0)}).sample(30, seed=seed))


@LAW
@given(*MODEL_AND_SEED)
def test_the_order_of_do_on_distinct_targets_does_not_matter(model: SCM, seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = model.graph.nodes[0], model.graph.nodes[-1]
    first, second = some_value(model, one, rng), some_value(model, other, rng)
    forth = model.do({one: first}).do({other: second})
    back = model.do({other: second}).do({one: first})
    together = model.do({one: Set(first), other: Set(second)})
    assert forth.graph == back.graph == together.graph
    expected = together.sample(30, seed=seed)
    assert frames_same(forth.sample(30, seed=seed), expected)
    assert frames_same(back.sample(30, seed=seed), expected)


@LAW
@given(*MODEL_AND_SEED)
def test_the_program_on_the_same_noise_gives_the_same_values(model: SCM, seed: int) -> None:
    rows = model.sample(20, seed=seed)
    noises = model.abduct(rows, seed=seed)
    data = {f"U_{node}": noise_of(noises, node, found) for node, found in model.mechanisms.items()}
    program = pyro.poutine.condition(model.program(), data=data)
    trace = pyro.poutine.trace(program).get_trace(units=20)
    for node, found in model.mechanisms.items():
        assert trace.nodes[node]["value"].shape == (20,)
        assert same(found.domain.decode(trace.nodes[node]["value"]), rows[node])


@STATISTICAL
@given(models(), st.integers(0, 2**31))
def test_noise_abducted_from_many_rows_follows_its_prior(model: SCM, seed: int) -> None:
    """The probability transform of abducted noise is uniform: first two moments at 4 se."""
    n = 2000
    noises = model.abduct(model.sample(n, seed=seed), seed=seed + 1)
    for node, found in model.mechanisms.items():
        noise = noise_of(noises, node, found)
        uniform = getattr(found.noise, "base_dist", found.noise).cdf(noise).reshape(-1)
        n = len(uniform)
        assert abs(float(uniform.mean()) - 1 / 2) < 4 * (1 / 12 / n) ** 0.5
        assert abs(float(uniform.square().mean()) - 1 / 3) < 4 * (4 / 45 / n) ** 0.5


@STATISTICAL
@given(models(), st.integers(0, 2**31))
def test_the_counterfactual_averaged_over_the_evidence_is_do(model: SCM, seed: int) -> None:
    n = 2000
    target, outcome = model.graph.nodes[0], model.graph.nodes[-1]
    value = some_value(model, target, np.random.default_rng(seed))
    rows = model.sample(n, seed=seed)
    imagined = model.counterfactual(rows, do={target: value}, seed=seed + 1)[outcome]
    acted = model.do({target: value}).sample(n, seed=seed + 2)[outcome]
    levels = getattr(model.mechanisms[outcome].domain, "levels", None)
    tests = [lambda column: column] if levels is None else [lambda column: column == levels[0]]
    for test in tests:
        one, other = (np.asarray(test(column), dtype=float) for column in (imagined, acted))
        error = ((one.var() + other.var()) / n) ** 0.5
        assert abs(one.mean() - other.mean()) <= 4 * error + 1e-9


@pytest.mark.parametrize("number", range(8))
def test_a_fitted_model_reproduces_the_means_of_its_data(number: int) -> None:
    """Sampling from the fit under no action: every mean within 4 standard errors."""
    n = 3000
    rng = np.random.default_rng(100 + number)
    found, domains = {}, {}
    nodes = [f"v{index}" for index in range(5)]
    for index, node in enumerate(nodes):
        parents = [other for other in nodes[:index] if rng.random() < 0.6]
        # Where children bend, a mean depends on more of the parents' shape than a Normal root has.
        kind = ("line", "binary", "named", "table", "ordered")[int(rng.integers(5))]
        found[node] = mechanism(rng, kind, parents, domains)
        domains[node] = found[node].domain
    edges = [(parent, node) for node in nodes for parent in found[node].parents]
    truth = SCM(Graph(edges, nodes=nodes), found)
    rows = truth.sample(n, seed=number)
    drawn = SCM.fit(truth.graph, rows, seed=number).sample(n, seed=number + 50)
    for node in nodes:
        levels = getattr(domains[node], "levels", None)
        for level in [None] if levels is None else levels:
            one, other = (
                np.asarray(frame[node] if level is None else frame[node] == level, dtype=float)
                for frame in (rows, drawn)
            )
            error = ((one.var() + other.var()) / n) ** 0.5
            assert abs(one.mean() - other.mean()) < 4 * error + 1e-9, (node, level)


def test_the_mechanisms_of_a_model_cannot_be_changed() -> None:
    model = SCM(Graph("x -> y"), {"x": _root(), "y": _child()})
    assert isinstance(model.mechanisms, MappingProxyType)
    with pytest.raises(TypeError):
        model.mechanisms["x"] = _root()


def _root() -> Any:
    return Additive(Predictor((), torch.tensor(0.0), ()), normal(1.0))


def _child() -> Any:
    return Additive(Predictor((Slope("x"),), torch.tensor(0.0), (torch.ones(1),)), normal(1.0))
