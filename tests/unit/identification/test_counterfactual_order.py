"""No order of a set may reach an answer: the same question gives the same text in every process."""

import os
import subprocess
import sys

SCRIPT = """
from causalsim.estimand.parsing import parse_query
from causalsim.graph.graph import Graph
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.counterfactual.multiworld import multiworld_network
from causalsim.identification.teaching import teach_identification
from causalsim.estimand.events import Counterfactual

graph = Graph("A -> X -> M -> Y; B -> M; B -> Y; C -> X; C -> Y; A <-> B; X <-> C; X -> Y")
for text in (
    "P(Y(X=1, M(X=0))=1 | A=1, B=0)",
    "E[Y(X=1) - Y(X=0) | X=1, B=0]",
    "P(Y(X=1)=1, M(X=0)=0, A=1, C=1)",
):
    answer = identify_counterfactual(graph, parse_query(text))
    print(answer, answer.why)
worlds = [Counterfactual("Y", {"X": 1}), Counterfactual("M", {"X": 0}), "Y"]
print(multiworld_network(graph, worlds))
print(teach_identification(graph, "Y", ["X", "B"], "A"))
"""


def test_answers_do_not_depend_on_the_hash_seed() -> None:
    texts = set()
    for seed in ("0", "1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        texts.add(run.stdout)
    assert len(texts) == 1
    assert len(texts.pop()) > 500
