"""What was found, told: plots, and one self-contained HTML page."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.plots.estimates import Estimate as Estimate
    from causalsim.plots.estimates import forest as forest
    from causalsim.plots.people import distribution as distribution
    from causalsim.plots.people import overlap as overlap
    from causalsim.reporting.effect_report import report as report
    from causalsim.reporting.html import Page as Page
    from causalsim.reporting.inline import inline_svg as inline_svg
    from causalsim.reporting.parts import Drawing as Drawing
    from causalsim.reporting.parts import Formula as Formula
    from causalsim.reporting.parts import Paragraph as Paragraph
    from causalsim.reporting.parts import Plot as Plot
    from causalsim.reporting.parts import Section as Section
    from causalsim.reporting.parts import Table as Table

_CONTENTS = {
    "report": "causalsim.reporting.effect_report",
    "Drawing": "causalsim.reporting.parts",
    "Estimate": "causalsim.plots.estimates",
    "Formula": "causalsim.reporting.parts",
    "Page": "causalsim.reporting.html",
    "Paragraph": "causalsim.reporting.parts",
    "Plot": "causalsim.reporting.parts",
    "Section": "causalsim.reporting.parts",
    "Table": "causalsim.reporting.parts",
    "distribution": "causalsim.plots.people",
    "forest": "causalsim.plots.estimates",
    "inline_svg": "causalsim.reporting.inline",
    "overlap": "causalsim.plots.people",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
