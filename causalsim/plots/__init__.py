"""Plots of plain numbers: each draws on the axes it is given, or on a figure of its own."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.plots.balances import love as love
    from causalsim.plots.bands import band as band
    from causalsim.plots.contours import contour as contour
    from causalsim.plots.decisions import Ending as Ending
    from causalsim.plots.decisions import Fork as Fork
    from causalsim.plots.decisions import decision_tree as decision_tree
    from causalsim.plots.estimates import Estimate as Estimate
    from causalsim.plots.estimates import forest as forest
    from causalsim.plots.people import distribution as distribution
    from causalsim.plots.people import overlap as overlap

_CONTENTS = {
    "Ending": "causalsim.plots.decisions",
    "Estimate": "causalsim.plots.estimates",
    "Fork": "causalsim.plots.decisions",
    "band": "causalsim.plots.bands",
    "contour": "causalsim.plots.contours",
    "decision_tree": "causalsim.plots.decisions",
    "distribution": "causalsim.plots.people",
    "forest": "causalsim.plots.estimates",
    "love": "causalsim.plots.balances",
    "overlap": "causalsim.plots.people",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
