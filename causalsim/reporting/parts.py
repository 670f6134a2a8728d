"""What a page is made of: sections of paragraphs, formulae, tables, drawings and plots."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from types import UnionType
from typing import TYPE_CHECKING, Self

from causalsim.errors.reporting import ReportError
from causalsim.reporting.inline import checked_markup, inline_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text; an empty line begins a new paragraph."""

    text: str

    def html(self, prefix: str) -> str:
        """The part as HTML."""
        pieces = [piece.strip() for piece in self.text.split("\n\n")]
        return "".join(f"<p>{escape(piece)}</p>\n" for piece in pieces if piece)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula or other text that keeps its spaces and line breaks.

    Attributes:
        text: The formula as text.
        mathml: The same formula as a ``<math>`` element, shown instead where it is given.
    """

    text: str
    mathml: str = ""

    def html(self, prefix: str) -> str:
        """The part as HTML."""
        if not self.mathml:
            return f"<pre>{escape(self.text)}</pre>\n"
        shown = checked_markup(self.mathml, "math")
        return f'<div class="formula" aria-label="{escape(self.text)}">{shown}</div>\n'


@dataclass(frozen=True, slots=True)
class Table:
    """Cells under headings; numbers are set to the right.

    Attributes:
        heading: The words above the columns.
        rows: The cells, one row after the other.
        caption: What the table shows.

    Raises:
        ReportError: a row with too many or too few cells.
    """

    heading: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""

    def __post_init__(self) -> None:
        """Refuse rows of another length."""
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.heading):
                raise ReportError.ragged(number, len(self.heading), len(row))

    def html(self, prefix: str) -> str:
        """The part as HTML."""
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        heads = "".join(f'<th scope="col">{escape(str(head))}</th>' for head in self.heading)
        rows = "\n".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in self.rows)
        body = f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>"
        return f'<div class="wide"><table>{caption}{body}</table></div>\n'


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as SVG text, such as `causalsim.graph.drawing.to_svg` gives.

    Raises:
        ReportError: the text is broken, holds a script, or refers to something outside.
    """

    svg: str
    caption: str = ""

    def __post_init__(self) -> None:
        """Refuse markup that is broken or active."""
        checked_markup(self.svg, "svg")

    def html(self, prefix: str) -> str:
        """The part as HTML."""
        return _figure(checked_markup(self.svg, "svg"), self.caption)


@dataclass(frozen=True, slots=True)
class Plot:
    """A matplotlib figure, turned into SVG when the page is written."""

    figure: "Figure" = field(repr=False)
    caption: str = ""

    @classmethod
    def of(cls, ax: "Axes", caption: str = "") -> Self:
        """The whole figure that some axes belong to."""
        figure = ax.get_figure(root=True)
        if figure is None:
            hint = "draw on axes of a figure that still exists."
            raise ReportError.not_a("Axes with a figure", figure, hint)
        return cls(figure, caption)

    def _repr_html_(self) -> str:
        """The picture that notebooks show."""
        return self.html("plot")

    def html(self, prefix: str) -> str:
        """The part as HTML."""
        return _figure(inline_svg(self.figure, prefix, self.caption), self.caption)


Part = Paragraph | Formula | Table | Drawing | Plot


@dataclass(frozen=True, slots=True)
class Section:
    """A titled piece of a page; plain text counts as a paragraph.

    >>> Section("Result", ["3.4 kg"]).parts
    (Paragraph(text='3.4 kg'),)
    """

    title: str
    body: Sequence[Part | str] = ()

    def __post_init__(self) -> None:
        """Refuse what is no part of a page."""
        expect("A section's title", self.title, str, 'type Section("Result", […]).')
        expect("A list of parts", self.body, list | tuple, "put the text in a list.")
        for part in self.body:
            hint = "use Paragraph, Formula, Table, Drawing or Plot, or plain text."
            expect("A part of a section", part, Part | str, hint)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts, with plain text made into paragraphs."""
        return tuple(Paragraph(part) if isinstance(part, str) else part for part in self.body)


def expect(what: str, found: object, kind: type | UnionType, hint: str) -> None:
    """Refuse something that is not of a kind.

    Raises:
        ReportError: it is not.
    """
    if not isinstance(found, kind):
        raise ReportError.not_a(what, found, hint)


def _cell(cell: object) -> str:
    """A cell; a number keeps to the right."""
    number = isinstance(cell, int | float) and not isinstance(cell, bool)
    text = f"{cell:.3g}" if isinstance(cell, float) else str(cell)
    return f'<td class="number">{escape(text)}</td>' if number else f"<td>{escape(text)}</td>"


def _figure(svg: str, caption: str) -> str:
    """A picture with its caption."""
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><div class="wide">{svg}</div>{said}</figure>\n'
