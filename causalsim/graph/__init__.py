"""What the arrows say: graphs, separation, adjustment, and every question about nodes alone."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.graph.adjusting import explain_adjustment as explain_adjustment
    from causalsim.graph.adjusting import is_adjustment_set as is_adjustment_set
    from causalsim.graph.claims.independencies import (
        pairwise_independencies as pairwise_independencies,
    )
    from causalsim.graph.drawing.svg import to_svg as to_svg
    from causalsim.graph.effects.frontdoor import front_door_sets as front_door_sets
    from causalsim.graph.effects.frontdoor import maximal_front_door_set as maximal_front_door_set
    from causalsim.graph.effects.frontdoor import minimal_front_door_set as minimal_front_door_set
    from causalsim.graph.effects.instruments import instruments as instruments
    from causalsim.graph.equivalence.adjustment import (
        minimal_adjustment_set as minimal_adjustment_set,
    )
    from causalsim.graph.equivalence.adjustment import (
        minimal_adjustment_sets as minimal_adjustment_sets,
    )
    from causalsim.graph.equivalence.adjustment import (
        optimal_adjustment_set as optimal_adjustment_set,
    )
    from causalsim.graph.equivalence.classes import CPDAG as CPDAG
    from causalsim.graph.equivalence.classes import MAG as MAG
    from causalsim.graph.equivalence.classes import MPDAG as MPDAG
    from causalsim.graph.equivalence.classes import PAG as PAG
    from causalsim.graph.equivalence.compelled import cpdag_of as cpdag_of
    from causalsim.graph.graph import Graph as Graph
    from causalsim.graph.randomness import random_dag as random_dag
    from causalsim.graph.separation.criterion import separated as separated
    from causalsim.graph.separation.pair_separators import pair_separators as pair_separators
    from causalsim.graph.separation.paths import paths as paths
    from causalsim.graph.separation.separators import minimal_separator as minimal_separator
    from causalsim.graph.separation.separators import minimal_separators as minimal_separators
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
    "explain_adjustment": "causalsim.graph.adjusting",
    "front_door_sets": "causalsim.graph.effects.frontdoor",
    "instruments": "causalsim.graph.effects.instruments",
    "is_adjustment_set": "causalsim.graph.adjusting",
    "latent_projection": "causalsim.graph.surgery",
    "maximal_front_door_set": "causalsim.graph.effects.frontdoor",
    "minimal_adjustment_set": "causalsim.graph.adjusting",
    "minimal_adjustment_sets": "causalsim.graph.adjusting",
    "minimal_front_door_set": "causalsim.graph.effects.frontdoor",
    "minimal_separator": "causalsim.graph.separation.separators",
    "minimal_separators": "causalsim.graph.separation.separators",
    "optimal_adjustment_set": "causalsim.graph.adjusting",
    "pair_separators": "causalsim.graph.separation.pair_separators",
    "pairwise_independencies": "causalsim.graph.claims.independencies",
    "paths": "causalsim.graph.separation.paths",
    "random_dag": "causalsim.graph.randomness",
    "separated": "causalsim.graph.separation.criterion",
    "to_svg": "causalsim.graph.drawing.svg",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
