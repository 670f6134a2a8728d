"""Graphs that data cannot tell apart: CPDAG, MPDAG, MAG and PAG, and what they still say."""

from causalsim.lazy import table_of_contents

_CONTENTS = {
    "CPDAG": "causalsim.graph.equivalence.classes",
    "MAG": "causalsim.graph.equivalence.classes",
    "MPDAG": "causalsim.graph.equivalence.classes",
    "MarkedEdge": "causalsim.graph.equivalence.marked",
    "PAG": "causalsim.graph.equivalence.classes",
    "count_members": "causalsim.graph.equivalence.census",
    "cpdag_of": "causalsim.graph.equivalence.compelled",
    "dag_member": "causalsim.graph.equivalence.membership",
    "is_member": "causalsim.graph.equivalence.membership",
    "mag_member": "causalsim.graph.equivalence.hiding",
    "mag_of": "causalsim.graph.equivalence.hiding",
    "markov_equivalent": "causalsim.graph.equivalence.membership",
    "members": "causalsim.graph.equivalence.membership",
    "orient": "causalsim.graph.equivalence.knowledge",
    "pag_of": "causalsim.graph.equivalence.hiding",
    "possible_ancestors": "causalsim.graph.equivalence.possible",
    "possible_descendants": "causalsim.graph.equivalence.possible",
    "sample_members": "causalsim.graph.equivalence.census",
    "visible_edges": "causalsim.graph.equivalence.possible",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
