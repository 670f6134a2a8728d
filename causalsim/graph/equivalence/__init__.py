"""Graphs that data cannot tell apart: CPDAG, MPDAG, MAG and PAG, and what they still say."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.graph.equivalence.census import count_members as count_members
    from causalsim.graph.equivalence.census import sample_members as sample_members
    from causalsim.graph.equivalence.classes import CPDAG as CPDAG
    from causalsim.graph.equivalence.classes import MAG as MAG
    from causalsim.graph.equivalence.classes import MPDAG as MPDAG
    from causalsim.graph.equivalence.classes import PAG as PAG
    from causalsim.graph.equivalence.compelled import cpdag_of as cpdag_of
    from causalsim.graph.equivalence.hiding import mag_member as mag_member
    from causalsim.graph.equivalence.hiding import mag_of as mag_of
    from causalsim.graph.equivalence.hiding import pag_of as pag_of
    from causalsim.graph.equivalence.knowledge import orient as orient
    from causalsim.graph.equivalence.marked import MarkedEdge as MarkedEdge
    from causalsim.graph.equivalence.membership import dag_member as dag_member
    from causalsim.graph.equivalence.membership import is_member as is_member
    from causalsim.graph.equivalence.membership import markov_equivalent as markov_equivalent
    from causalsim.graph.equivalence.membership import members as members
    from causalsim.graph.equivalence.possible import possible_ancestors as possible_ancestors
    from causalsim.graph.equivalence.possible import possible_descendants as possible_descendants
    from causalsim.graph.equivalence.possible import visible_edges as visible_edges

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
