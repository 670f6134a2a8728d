"""Claims of published graphs, and how claims are written."""

from itertools import islice

import pytest

from causalsim import Graph
from causalsim.errors.base import CausalsimError
from causalsim.graph.claims.independencies import (
    basis_independencies,
    inseparable_pairs,
    pairwise_independencies,
)
from causalsim.graph.claims.verma import verma_constraints


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("a -> b -> c", ["c ⊥ a | b"]),
        ("a -> b <- c", ["c ⊥ a"]),
        ("a; b", ["b ⊥ a"]),
        ("a -> b", []),
        ("a <-> b", []),
        # Richardson (2003), example 1, and the sprinkler of Pearl (2009), figure 1.2.
        ("a <-> b <-> c <-> d", ["c ⊥ a", "d ⊥ a | c", "d ⊥ a, b"]),
        ("season -> {rain sprinkler} -> wet -> slippery",
         ["sprinkler ⊥ rain | season", "wet ⊥ season | rain, sprinkler",
          "slippery ⊥ season, rain, sprinkler | wet"]),
        ("x <- u -> y; u [latent]", []),
    ],
)  # fmt: skip
def test_basis(text: str, claims: list[str]) -> None:
    assert sorted(map(str, basis_independencies(Graph(text)))) == sorted(claims)


def test_verma_graph_hides_a_missing_edge() -> None:
    graph = Graph("a -> b -> c -> d; b <-> d")
    assert [str(claim) for claim in pairwise_independencies(graph)] == ["a ⊥ c | b"]
    assert inseparable_pairs(graph) == (("a", "d"),)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("a -> b -> c -> d; b <-> d",
         ["Σ_{b} P(b | a) P(d | a, b, c) does not depend on a"]),
        ("x -> z -> y; x <-> y", []),
        ("x -> y; x <-> y", []),
        ("a <-> b <-> c <-> d", []),
        # The instrument's claims are inequalities, which are not listed.
        ("z -> x -> y; x <-> y", []),
    ],
)  # fmt: skip
def test_verma_claims(text: str, claims: list[str]) -> None:
    assert [str(claim) for claim in verma_constraints(Graph(text))] == claims


def test_a_claim_says_what_it_is_about() -> None:
    (claim,) = verma_constraints(Graph("a -> b -> c -> d; b <- u -> d", latent="u"))
    assert (claim.kernel, claim.given, claim.free_of) == (("d",), ("c",), ("a",))
    assert claim.formula.arguments == {"a", "c", "d"}


def test_only_what_is_measured_is_claimed() -> None:
    graph = Graph("a -> b -> c -> d")
    assert [str(claim) for claim in pairwise_independencies(graph, ["a", "c", "d"])] == [
        "a ⊥ d | c"
    ]
    with pytest.raises(CausalsimError, match="no node 'q'"):
        list(pairwise_independencies(graph, "q"))


def test_claims_come_one_by_one() -> None:
    # A district of 40 nodes has more claims than could ever be listed.
    size = 40
    pairs = [(f"v{a}", f"v{b}") for a in range(size) for b in range(a + 1, size) if (a + b) % 3]
    graph = Graph(nodes=[f"v{n}" for n in range(size)], bidirected=pairs)
    assert len(list(islice(basis_independencies(graph), 1000))) == 1000


def test_a_chain_of_a_thousand() -> None:
    graph = Graph([(f"v{n}", f"v{n + 1}") for n in range(1000)])
    claims = list(basis_independencies(graph))
    assert len(claims) == 999
    assert claims[-1].given == ("v999",)
    assert len(claims[-1].y) == 999
