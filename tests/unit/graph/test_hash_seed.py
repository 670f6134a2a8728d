"""What is printed about a graph does not depend on the order in which Python keeps sets."""

import subprocess
import sys
from pathlib import Path

PRINTED = """
from causalsim import Graph
from causalsim.graph.distance import ancestor_aid, oset_aid, parent_aid
from causalsim.graph.claims.independencies import basis_independencies
from causalsim.graph.separation.moral import moral_edges
from causalsim.graph.notation.dagitty import to_dagitty
from causalsim.graph.notation.dot import from_dot, to_dot
from causalsim.graph.notation.gml import from_gml, to_gml
from causalsim.graph.notation.lavaan import from_lavaan, to_lavaan
from causalsim.graph.notation.mermaid import from_mermaid, to_mermaid
from causalsim.graph.notation.networks import from_networkx, to_networkx
from causalsim.graph.randomness import random_admg, random_dag, scale_free_dag
from causalsim.graph.surgery import canonical, latent_projection, transitive_reduction
from causalsim.graph.claims.tetrads import vanishing_tetrads
from causalsim.graph.claims.verma import verma_constraints
from causalsim.graph.worlds import parallel_worlds, swig

graph = random_admg(9, 3.0, 1.5, seed=4)
graph = Graph(
    graph.directed, nodes=graph.nodes, bidirected=graph.bidirected, latent=graph.nodes[2:4]
)
for write in (to_dagitty, to_dot, to_gml, to_lavaan, to_mermaid, canonical, latent_projection,
              transitive_reduction, moral_edges):
    print(write(graph))
for read, write in ((from_dot, to_dot), (from_gml, to_gml), (from_lavaan, to_lavaan),
                    (from_mermaid, to_mermaid), (from_networkx, to_networkx)):
    print(read(write(graph)), read(write(graph)).nodes)
print(swig(graph, [graph.nodes[4]]), parallel_worlds(graph, [{}, {"v4": 1}, {"v4": 0, "v1": 0}]))
for claims in (basis_independencies, verma_constraints, vanishing_tetrads):
    print(*claims(graph), sep="\\n")
one, other = random_dag(8, 3.0, seed=1), random_dag(8, 3.0, seed=2)
print(scale_free_dag(9, 2, seed=1))
for measure in (parent_aid, ancestor_aid, oset_aid):
    print(measure(one, other).wrong)
"""


def printed(hash_seed: str) -> str:
    found = subprocess.run(
        [sys.executable, "-c", PRINTED],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        check=True,
        text=True,
    )
    return found.stdout


def test_three_hash_seeds_print_the_same() -> None:
    first = printed("0")
    assert len(first) > 1000
    assert first == printed("1") == printed("2")
