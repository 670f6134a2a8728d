"""What the arrows say: graphs, separation, adjustment, and every question about nodes alone."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.graph.class_adjustment import explain_adjustment as explain_adjustment
    from causalsim.graph.class_adjustment import is_adjustment_set as is_adjustment_set
    from causalsim.graph.class_adjustment import minimal_adjustment_set as minimal_adjustment_set
    from causalsim.graph.class_adjustment import minimal_adjustment_sets as minimal_adjustment_sets
    from causalsim.graph.class_adjustment import optimal_adjustment_set as optimal_adjustment_set
    from causalsim.graph.drawing.svg import to_svg as to_svg
    from causalsim.graph.equivalence.classes import CPDAG as CPDAG
    from causalsim.graph.equivalence.classes import MAG as MAG
    from causalsim.graph.equivalence.classes import MPDAG as MPDAG
    from causalsim.graph.equivalence.classes import PAG as PAG
    from causalsim.graph.equivalence.compelled import cpdag_of as cpdag_of
    from causalsim.graph.frontdoor import front_door_sets as front_door_sets
    from causalsim.graph.frontdoor import maximal_front_door_set as maximal_front_door_set
    from causalsim.graph.frontdoor import minimal_front_door_set as minimal_front_door_set
    from causalsim.graph.graph import Graph as Graph
    from causalsim.graph.independencies import pairwise_independencies as pairwise_independencies
    from causalsim.graph.instruments import instruments as instruments
    from causalsim.graph.pair_separators import pair_separators as pair_separators
    from causalsim.graph.paths import paths as paths
    from causalsim.graph.randomness import random_dag as random_dag
    from causalsim.graph.separation import separated as separated
    from causalsim.graph.separators import minimal_separator as minimal_separator
    from causalsim.graph.separators import minimal_separators as minimal_separators
    from causalsim.graph.surgery import do as do
    from causalsim.graph.surgery import latent_projection as latent_projection

_CONTENTS = {
    "CPDAG": "causalsim.graph.equivalence.classes",
    "Graph": "causalsim.graph.graph",
    "MAG": "causalsim.graph.equivalence.classes",
    "MPDAG": "causalsim.graph.equivalence.classes",
    "PAG": "causalsim.graph.equivalence.classes",
    "cpdag_of": "causalsim.graph.equivalence.compelled",
    "do": "causalsim.graph.surgery",
    "explain_adjustment": "causalsim.graph.class_adjustment",
    "front_door_sets": "causalsim.graph.frontdoor",
    "instruments": "causalsim.graph.instruments",
    "is_adjustment_set": "causalsim.graph.class_adjustment",
    "latent_projection": "causalsim.graph.surgery",
    "maximal_front_door_set": "causalsim.graph.frontdoor",
    "minimal_adjustment_set": "causalsim.graph.class_adjustment",
    "minimal_adjustment_sets": "causalsim.graph.class_adjustment",
    "minimal_front_door_set": "causalsim.graph.frontdoor",
    "minimal_separator": "causalsim.graph.separators",
    "minimal_separators": "causalsim.graph.separators",
    "optimal_adjustment_set": "causalsim.graph.class_adjustment",
    "pair_separators": "causalsim.graph.pair_separators",
    "pairwise_independencies": "causalsim.graph.independencies",
    "paths": "causalsim.graph.paths",
    "random_dag": "causalsim.graph.randomness",
    "separated": "causalsim.graph.separation",
    "to_svg": "causalsim.graph.drawing.svg",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
