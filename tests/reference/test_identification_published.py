"""Graphs of the literature with their published verdicts; every formula against random models.

Sources: J. Pearl, "Causality" (2nd ed. 2009); J. Tian, "Studies in causal reasoning and learning"
(2002); T. Verma and J. Pearl, "Equivalence and synthesis of causal models" (1990); I. Shpitser and
J. Pearl, "Complete identification methods for the causal hierarchy" (2008); E. Bareinboim and
J. Pearl, "Causal inference by surrogate experiments: z-identifiability" (2012). The edges are those
of the collection of examples of causalfusion.net, which names the pages.
"""

from typing import Any

import pytest

from causalsim import Graph, Query, identify
from causalsim.identification import Available

#: name -> (graph, outcome, treatment, whether observations determine the effect)
OBSERVED: dict[str, tuple[str, Any, Any, bool]] = {
    "Pearl 2009, page 80": (
        "Z1 -> Z2 -> X; Z1 -> Z3 -> X; Z4 -> X; Z4 -> Z5; Z3 -> Y; X -> Y",
        "Y",
        "X",
        True,
    ),
    "Pearl 2009, page 92, with four variables": (
        "X -> Z1 -> Z2 -> Y; X -> Y; Z1 -> Y; X <-> Z2; Z1 <-> Y",
        "Y",
        "X",
        True,
    ),
    "Pearl 2009, page 92, with five variables": (
        "Z2 -> X -> Z1 -> Y; Z2 -> Z1; Z2 -> Z3 -> Y; Z2 <-> X; Z2 <-> Y; X <-> Z3; X <-> Y",
        "Y",
        "X",
        True,
    ),
    "Pearl 2009, page 119, two actions": (
        "X1 -> Z -> X2 -> Y; X1 -> Y; X1 -> X2; X1 <-> Z; Z <-> Y",
        "Y",
        ["X1", "X2"],
        True,
    ),
    "Pearl 2009, page 125, two actions": (
        "Z1 -> X1 -> X2 -> Y <- Z2; Z1 <-> Z2; Z1 <-> X2; Z2 <-> X2",
        "Y",
        ["X1", "X2"],
        True,
    ),
    "Pearl 2009, page 153": ("X -> Z -> Y; X -> W -> Y; X <-> Z; W <-> Y", "Y", "X", False),
    "Tian 2002, page 59": (
        "V1 -> V2 -> V3 -> V4 -> V5; V1 <-> V5; V1 <-> V3; V2 <-> V4",
        "V5",
        "V1",
        True,
    ),
    "Tian 2002, page 70": (
        "V1 -> V2 -> V3 -> V4 -> V5; V1 <-> V3; V2 <-> V4; V3 <-> V5",
        "V5",
        "V1",
        True,
    ),
    "Tian 2002, page 90": (
        "W1 -> W2 -> X -> Y; W3 -> W4 -> X; W1 <-> X; W1 <-> Y; W1 <-> W3; W3 <-> W2; W3 <-> W5; "
        "W5 <-> W4",
        "Y",
        "X",
        True,
    ),
    "Verma and Pearl 1990, page 257": ("V1 -> V2 -> V3 -> V4; V2 <-> V4", "V4", "V3", True),
    "Shpitser and Pearl 2008, figure 2b": ("X -> Y; X -> Z -> Y; Y <-> Z", "Y", "X", True),
    "Shpitser and Pearl 2008, figure 2d": ("Z -> X -> Y; Z -> Y; X <-> Z", "Y", "X", True),
    "Shpitser and Pearl 2008, figure 2e": ("X -> Z -> Y; X <-> Y", "Y", "X", True),
    "Bareinboim and Pearl 2012, page 114, first": (
        "Z -> X -> Y; Z <-> X; Z <-> Y",
        "Y",
        "X",
        False,
    ),
    "Bareinboim and Pearl 2012, page 114, second": (
        "Z -> X -> Y; X <-> Y; Z <-> Y",
        "Y",
        "X",
        False,
    ),
    "Bareinboim and Pearl 2012, page 114, third": (
        "Z -> Y <- X; X <-> Z; Z <-> Y",
        "Y",
        "X",
        False,
    ),
}


@pytest.mark.parametrize("name", OBSERVED)
def test_published_verdicts(name: str) -> None:
    source, outcome, treatment, verdict = OBSERVED[name]
    answer = identify(Graph(source), Query(outcome, do=treatment), verify=True)
    assert answer.identified == verdict
    if verdict:
        assert "Verified: on 2 random models" in answer.why
    else:
        assert "form a hedge" in answer.why


def test_an_experiment_on_z_identifies_the_first_graph_alone() -> None:
    names = [name for name in OBSERVED if name.startswith("Bareinboim")]
    verdicts = []
    for name in names:
        source, outcome, treatment, _ = OBSERVED[name]
        query, trial = Query(outcome, do=treatment), Available(experiments="Z")
        answer = identify(Graph(source), query, available=trial, verify=True)
        verdicts.append(answer.identified)
        assert ("Verified" in answer.why) == answer.identified
    assert verdicts == [True, False, False]
