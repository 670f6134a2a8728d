"""Treatments in time order: the published examples, and a search through all sets."""

from itertools import chain, combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.graph.surgery import without_arrows
from causalsim.identification.sequential import treatment_stages
from tests.oracles.graphs import admgs


@pytest.mark.parametrize(
    ("text", "treatments", "expected"),
    [
        # Pearl and Robins 1995, figure 1: z is confounded with both, and read by the second only.
        ("{u1 u2} [latent]; u1 -> {x1 z}; u2 -> {z y}; x1 -> {z y}; z -> x2 -> y", "x1 x2",
         (("x1", ()), ("x2", ("z",)))),
        # The usual two visits with an unmeasured cause of covariate and outcome.
        ("l0 -> {a0 l1}; a0 -> {l1 y}; l1 -> {a1 y}; a1 -> y; l1 <-> y", "a1 a0",
         (("a0", ("l0",)), ("a1", ("l1",)))),
        # What is set later no longer carries a hidden cause of the treatments.
        ("a0 -> y; a1 -> y; a0 <-> a1", "a0 a1", (("a0", ()), ("a1", ()))),
        # A hidden cause of treatment and outcome.
        ("a0 -> l -> a1 -> y; a1 <-> y", "a0 a1", None),
        # What moves a treatment alone is left out.
        ("z -> a0; l -> {a0 y}; a0 -> {a1 y}; a1 -> y", "a0 a1", (("a0", ("l",)), ("a1", ()))),
    ],
)  # fmt: skip
def test_stages(text: str, treatments: str, expected: object) -> None:
    found = treatment_stages(Graph(text), "y", tuple(treatments.split()))
    told = None if found is None else tuple((one.treatment, one.learnt) for one in found)
    assert told == expected


def test_a_rule_needs_what_it_reads_and_may_bring_it_back() -> None:
    graph = Graph("l -> {a0 y}; a0 -> {a1 y}; a1 -> y; z <-> a0; z <-> y")
    plain = treatment_stages(Graph("l -> {a0 y}; a0 -> {a1 y}; a1 -> y; z"), "y", ("a0", "a1"))
    assert plain is not None
    assert plain[1].learnt == ()
    ruled = treatment_stages(
        Graph("l -> {a0 y}; a0 -> {a1 y}; a1 -> y; z"), "y", ("a0", "a1"), {"a1": ("z",)}
    )
    assert ruled is not None
    assert "z" in {name for stage in ruled for name in stage.learnt}
    # Reading z opens the way from a0 over z to what the rule then does.
    assert treatment_stages(graph, "y", ("a0", "a1"), {"a1": ("z",)}) is None
    late = Graph("l -> {a0 y}; a0 -> a1 -> y; a1 -> w")
    assert treatment_stages(late, "y", ("a0", "a1"), {"a1": ("w",)}) is None


def exists(graph: Graph, outcome: str, treatments: tuple[str, str]) -> bool:
    """Whether any sets meet the criterion, by trying all of them in both orders."""
    for first, second in permutations(treatments):
        if second in graph.ancestors(first):
            continue
        below = set(graph.descendants([first, second])) | {outcome, first, second}
        early = [name for name in graph.nodes if name not in below]
        later = set(graph.descendants(second)) | {outcome, first, second}
        late = [name for name in graph.nodes if name not in later]
        one = without_arrows(graph, into=second, out_of=first)
        other = without_arrows(graph, out_of=second)
        for z1 in _subsets(early):
            if not separated(one, outcome, first, z1):
                continue
            for z2 in _subsets([name for name in late if name not in z1]):
                if separated(other, outcome, second, (first, *z1, *z2)):
                    return True
    return False


def _subsets(names: list[str]) -> "chain[tuple[str, ...]]":
    """Every subset."""
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_stages_are_found_exactly_when_some_sets_meet_the_criterion(data: st.DataObject) -> None:
    graph = data.draw(admgs(min_nodes=3, max_nodes=6))
    outcome, first, second = data.draw(st.permutations(graph.nodes))[:3]
    found = treatment_stages(graph, outcome, (first, second))
    assert (found is not None) == exists(graph, outcome, (first, second))
