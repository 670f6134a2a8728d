"""One self-contained HTML page: no script, no network, for screens, phones, the dark and paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from causalsim.reporting.parts import Section, expect
from causalsim.reporting.template import DOCUMENT, STYLE

_CONTENTS_FROM = 4


@dataclass(frozen=True, slots=True)
class Page:
    """A titled sequence of sections that can be saved as one file.

    Attributes:
        title: The title.
        sections: What it says, in order.
        subtitle: A line below the title.

    >>> page = Page("Quitting and weight", [Section("Result", ["3.4 kg <in ten years>"])])
    >>> "<p>3.4 kg &lt;in ten years&gt;</p>" in page.html
    True
    """

    title: str
    sections: Sequence[Section]
    subtitle: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no section."""
        hint = "type Page(title, [Section(…), …])."
        expect("A list of sections", self.sections, list | tuple, hint)
        for section in self.sections:
            hint = 'type Section("Result", ["text", Table(…)]).'
            expect("A section", section, Section, hint)

    @property
    def html(self) -> str:
        """The whole document."""
        return DOCUMENT.format(title=escape(_clean(self.title)), body=self.fragment)

    @property
    def fragment(self) -> str:
        """The page with its style sheet, to stand inside another document."""
        parts = [f"<style>{STYLE}</style>", '<main class="causalsim-page">', "<header>"]
        parts.append(f"<h1>{escape(self.title)}</h1>")
        if self.subtitle:
            parts.append(f'<p class="subtitle">{escape(self.subtitle)}</p>')
        parts.append("</header>")
        if len(self.sections) >= _CONTENTS_FROM:
            parts.append(self._contents())
        for number, section in enumerate(self.sections, start=1):
            parts.append(f'<section id="section-{number}">')
            parts.append(f"<h2>{escape(section.title)}</h2>")
            for place, part in enumerate(section.parts, start=1):
                parts.append(part.html(f"part-{number}-{place}-").rstrip("\n"))
            parts.append("</section>")
        parts += ["<footer>Made with causalsim.</footer>", "</main>"]
        return _clean("\n".join(parts))

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, making its folder if need be.

        Args:
            path: Where to write; a name without an ending gets ``.html``.

        Returns:
            The absolute path of the file.

        Raises:
            OSError: the file cannot be written.
        """
        target = Path(path).expanduser()
        target = target if target.suffix else target.with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.html, encoding="utf-8")
        return target.resolve()

    def __str__(self) -> str:
        """The title and the sections in one line each."""
        return "\n".join([self.title, *(f"  {section.title}" for section in self.sections)])

    def _repr_html_(self) -> str:
        """The page inside a notebook."""
        return self.fragment

    def _contents(self) -> str:
        """A table of contents."""
        entries = "".join(
            f'<li><a href="#section-{number}">{escape(section.title)}</a></li>'
            for number, section in enumerate(self.sections, start=1)
        )
        return f'<nav aria-label="Contents"><ol>{entries}</ol></nav>'


def _clean(text: str) -> str:
    """Text that a file in UTF-8 can hold and a browser reads: no surrogates, no controls."""
    return "".join(
        letter
        if letter in "\n\t" or (letter >= " " and not "\ud800" <= letter <= "\udfff")
        else "\ufffd"
        for letter in text
    )
