"""Orientation rules one by one: each case has marks that only this rule finds."""

import pytest

from causalsim.errors import CausalsimError
from causalsim.graph.equivalence import (
    CPDAG,
    MAG,
    MPDAG,
    PAG,
    markov_equivalent,
    orient,
    pag_of,
    rules,
)
from causalsim.graph.equivalence.meek import Orientation
from tests.oracles.equivalence import equivalent_mags, marks_of, shared

#: Zhang (2008), rules R1 to R10: a MAG and its PAG.
ZHANG = {
    "_rule_1": ("a -> c; b -> c; c -> d", "a o-> c; b o-> c; c -> d"),
    "_rule_2": (
        "a <-> b; f -> a; b <-> e; b <-> f; e -> d; d <-> f",
        "a <-> b; f -> a; e o-> b; b <-> f; e o-> d; d <-> f",
    ),
    "_rule_3": (
        "b -> a; c -> a; d -> a; d -> b; c -> d",
        "b o-> a; c o-> a; d o-> a; b o-o d; c o-o d",
    ),
    "_rule_4": ("e -> b; h -> b; d -> h; e -> h", "e -> b; h -> b; d o-> h; e o-> h"),
    "_rule_5": ("a -- b; a -- h; b -- d; d -- h", "a -- b; a -- h; b -- d; d -- h"),
    "_rule_6": (
        "b -- c; b -- g; b -- h; c -- g; d -- g; d -- h",
        "b -o c; b -- g; b -- h; g -o c; d -- g; d -- h",
    ),
    "_rule_7": (
        "a -- c; a -- d; a -- g; b -- c; b -- d; b -- f; b -- g; c -- d; c -- f; d -- f; d -- g",
        "a -- c; a -- d; a -- g; b -- c; b -- d; b -o f; b -- g; c -- d; c -o f; d -o f; d -- g",
    ),
    "_rule_8": (
        "b -> a; c -> a; a -> d; a -> g; a -> h; c -> b; b <-> e; b -> g; b -> h; c -> g; c -> h; "
        "f -> d; d -> g; e -> g; e -> h; h -> g",
        "b -> a; c -> a; a -> d; a -> g; a o-> h; c o-> b; e o-> b; b -> g; b o-> h; c -> g; "
        "c o-> h; f o-> d; d -> g; e o-> g; e o-> h; h o-> g",
    ),
    "_rule_9": (
        "a -> b; a -> c; b -> d; c -> d",
        "a o-o b; a o-o c; b -> d; c -> d",
    ),
    "_rule_10": (
        "a -> b; a -> c; e -> a; b -> d; e -> b; c -> d; e -> c; e -> d",
        "a o-o b; a o-o c; a o-o e; b -> d; b o-o e; c -> d; c o-o e; e -> d",
    ),
}


@pytest.mark.parametrize("rule", ZHANG)
def test_zhang_rule(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mag, pag = (kind(text) for kind, text in zip((MAG, PAG), ZHANG[rule], strict=True))
    assert pag_of(mag) == pag
    # Without the rule marks are missing: the case is about this rule.
    monkeypatch.setattr(rules, rule, lambda *graphs: False)
    assert pag_of(mag) != pag


@pytest.mark.parametrize(
    "rule", [rule for rule in ZHANG if rule not in ("_rule_7", "_rule_8", "_rule_10")]
)
def test_zhang_rule_against_all_equivalent_mags(rule: str) -> None:
    mag = MAG(ZHANG[rule][0])
    kinds = ("->", "<-", "<->", "--") if "--" in ZHANG[rule][0] else ("->", "<-", "<->")
    members = equivalent_mags(mag.nodes, marks_of(mag), kinds)
    assert marks_of(pag_of(mag)) == shared(members, "o")


def test_a_walk_that_turns_back_is_no_path() -> None:
    # Rule 9 would make v4 -> v0 of it by the walk v4, v2, v5, v2, v1, v0: v4 and v1 are adjacent.
    mag = MAG("v2 -> v5; v4 -> v2; v2 <-> v1; v1 -> v0; v1 <-> v4; v3 -> v0; v4 -> v0")
    other = MAG("v2 -> v5; v4 -> v2; v1 -> v2; v1 -> v0; v1 -> v4; v3 -> v0; v4 <-> v0")
    assert markov_equivalent(mag, other)
    assert pag_of(mag) == PAG(
        "v5 o-o v2; v2 o-o v4; v2 o-o v1; v1 o-> v0; v1 o-o v4; v3 o-> v0; v4 o-> v0"
    )
    # Rule 5 would close a ring by a, g, c, g, b, t, s, z.
    ring = MAG("g -- c; g -- a; g -- b; a -- b; b -- z; z -- a; b -- t; t -- s; s -- z")
    other = MAG("g -> c; a -> g; b -> g; b -> a; b -- z; z -> a; b -- t; t -- s; s -- z")
    assert markov_equivalent(ring, other)
    assert pag_of(ring) == PAG(
        "g -o c; a -o g; b -o g; b -o a; z -o a; b -- z; b -- t; z -- s; t -- s"
    )


#: Meek (1995), figure 1: what is known in a CPDAG and what follows.
MEEK = {
    "rule 1": ("a -- b; b -- c", "a -> b", "a -> b; b -> c"),
    "rule 2": ("a -- b; b -- c; c -- a", "a -> b; b -> c", "a -> b; b -> c; a -> c"),
    "rule 3": (
        "a -- b; a -- c; a -- d; c -> b; d -> b",
        "",
        "a -> b; a -- c; a -- d; c -> b; d -> b",
    ),
    "rule 4": (
        "a -- b; a -- c; a -- d; d -- c; c -- b",
        "d -> c",
        "a -> b; a -- c; a -- d; d -> c; c -> b",
    ),
}


@pytest.mark.parametrize("rule", MEEK)
def test_meek_rule(rule: str) -> None:
    start, known, closed = MEEK[rule]
    if known:
        assert orient(CPDAG(start), known) == MPDAG(closed)
    with_known = MPDAG.completed(_with(start, known))
    assert with_known == MPDAG(closed)


@pytest.mark.parametrize("rule", MEEK)
def test_meek_rule_is_named_as_the_reason(rule: str) -> None:
    start, known, _ = MEEK[rule]
    with pytest.raises(CausalsimError, match=rf"Meek's {rule}" if rule != "rule 3" else "a -> b"):
        MPDAG(_with(start, known))


def test_meek_rule_3_directs_the_middle_edge() -> None:
    # a CPDAG never leaves this edge open, so the rule is asked directly.
    graph = CPDAG("a -> b; c -> b; d -> b; a -- c; a -- d")
    ends = [dict(around) for around in graph.ends]
    a, b = graph.indices(("a", "b"))
    ends[a][b] = "-"
    state = Orientation(ends)
    state.close(state.all_arrows())
    assert state.ends == graph.ends
    assert state.why[a, b][0] == "rule 3"


def _with(start: str, known: str) -> list[str]:
    """The edges of a text with some of them directed."""
    arrows = [item.strip() for item in known.split(";") if item.strip()]
    directed = {frozenset(item.split(" -> ")) for item in arrows}
    edges = [item.strip() for item in start.split(";")]
    return [e for e in edges if frozenset(e.replace("->", "--").split(" -- ")) not in directed] + (
        arrows
    )
