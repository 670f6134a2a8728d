"""The page: self-contained, inert, escaped, well nested, the same every time."""

import re
import shutil
import subprocess
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from causalsim.errors.reporting import ReportError
from causalsim.graph import Graph
from causalsim.graph.drawing import to_svg
from causalsim.reporting import (
    Drawing,
    Estimate,
    Formula,
    Page,
    Paragraph,
    Plot,
    Section,
    Table,
    distribution,
    forest,
    inline_svg,
)

VOID = {"meta", "br", "hr", "img", "link", "input"}
FRONT_DOOR = Graph("smoking -> tar -> cancer; smoking <-> cancer")
EVIL = "<script>alert(1)</script>&\"'\ud800\x00"


@cache
def text() -> str:
    """The page below, written once."""
    return page().html


def page() -> Page:
    """A page with one part of each kind, and some twice."""
    gains = Plot.of(distribution([1.0, 2.0, 4.0], label="gain (kg)"), "Gains.")
    return Page(
        "Smoking & cancer",
        [
            Section("Graph", [Drawing(to_svg(FRONT_DOOR), "The front door."), "Plain text."]),
            Section(
                "Formula", [Formula("P(y | do(x))"), Formula("P(y)", "<math><mi>P</mi></math>")]
            ),
            Section("Table", [Table(("who", "gain"), [("Ada", 3.25), ("Bo", 1)], "Gains.")]),
            Section("Plots", [gains, Plot.of(forest([Estimate("a", 1, 0, 2)])), gains]),
            Section("Again", [Drawing(to_svg(FRONT_DOOR)), Paragraph("One.\n\nTwo.")]),
        ],
        "A subtitle",
    )


class Reader(HTMLParser):
    """Checks that every element is closed in order, and collects what the tests ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        found = dict(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [found[name] or "" for name in ("href", "xlink:href") if name in found]
        assert not any(name.startswith("on") for name in found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader


def test_the_page_refers_to_nothing_outside_itself() -> None:
    for uri in re.findall(r"https?://[^\s\"'<>]*", text()):
        assert uri in {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}, uri
    assert all(before.startswith("xmlns") for before in re.findall(r'([\w:]+)="https?://', text()))
    assert "src=" not in text()
    assert "@import" not in text()
    assert "<script" not in text()
    assert "<link" not in text()


def test_the_page_parses_and_its_links_and_identifiers_fit() -> None:
    reader = read(text())
    assert reader.seen.count("h1") == 1
    assert reader.seen.count("h2") == 5
    assert len(reader.ids) == len(set(reader.ids))
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    references = re.findall(r"url\(#([^)]*)\)", text())
    assert set(references) <= set(reader.ids)


def test_the_same_page_is_the_same_text() -> None:
    assert page().html == text()


def test_everything_is_escaped() -> None:
    graph = Graph([(EVIL, "b")])
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().set_title(EVIL.replace("\ud800", "").replace("\x00", ""))
    evil = Page(
        EVIL,
        [
            Section(EVIL, [EVIL, Formula(EVIL), Formula(EVIL, "<math><mi>x</mi></math>")]),
            Section(
                "b", [Table((EVIL,), [(EVIL,)], EVIL), Drawing(to_svg(graph, title=EVIL), EVIL)]
            ),
            Section("c", [Plot(figure, EVIL.replace("\ud800", "").replace("\x00", ""))]),
        ],
        EVIL,
    )
    reader = read(evil.html)
    assert "script" not in reader.seen
    evil.html.encode("utf-8")


@pytest.mark.parametrize(
    ("svg", "message"),
    [
        ("<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>", "<script>"),
        ("<svg><foreignObject/></svg>", "<foreignObject>"),
        ("<svg onload='x()'/>", "handler 'onload'"),
        ("<svg><image href='http://x/y.png'/></svg>", "<image>"),
        ("<svg><use href='http://x/y.svg#a'/></svg>", "'href' refers"),
        ("<svg><rect fill='url(http://x/y)'/></svg>", "'fill' refers"),
        ("<svg><style>@import 'x.css'</style></svg>", "'style' refers"),
        ("<svg><a href='javascript:x()'/></svg>", "<a>"),
        ("<svg><g></svg>", "not well formed"),
        ("<p>no picture</p>", "not an <svg> element"),
        ("", "not well formed"),
        ("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>", "declares entities"),
    ],
)
def test_active_or_broken_pictures_are_refused(svg: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        Drawing(svg)


def test_active_formulae_are_refused() -> None:
    with pytest.raises(ReportError, match="handler"):
        _ = Page("a", [Section("b", [Formula("x", "<math onclick='x()'/>")])]).html


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Table(("a", "b"), [("x", 1), ("y",)]), "Row 2 of the table has 1 cells"),
        (lambda: Section("a", "text"), "list of parts"),
        (lambda: Section("a", [3]), "part of a section is expected; found int"),
        (lambda: Section(3), "title"),
        (lambda: Page("a", Section("b")), "list of sections"),
        (lambda: Page("a", ["text"]), "section is expected; found str"),
    ],
)
def test_what_is_no_part_is_refused_with_a_hint(call, message: str) -> None:  # noqa: ANN001
    with pytest.raises(ReportError, match=message) as refused:
        call()
    assert refused.value.hint


def test_saving_returns_the_absolute_path(tmp_path: Path) -> None:
    path = page().save(tmp_path / "new" / "report")
    assert path == (tmp_path / "new" / "report.html").resolve()
    assert path.read_text(encoding="utf-8") == text()
    assert Page("a", []).save(str(tmp_path / "other.htm")).name == "other.htm"


def test_contents_are_listed_when_there_are_many_sections() -> None:
    assert "<nav" in text()
    assert "<nav" not in Page("a", [Section("b")]).html


def test_the_page_stands_in_a_notebook_without_changing_it() -> None:
    shown = Page("a", [Section("b", ["c"])])._repr_html_()
    assert "<html" not in shown
    style = re.search(r"<style>(.*?)</style>", shown, re.DOTALL)
    assert style is not None
    rules = re.sub(r"@media[^{]*", "", style.group(1))
    for selectors in re.findall(r"([^{}]+)\{", rules):
        assert all(".causalsim-page" in one for one in selectors.split(",") if one.strip())


def test_numbers_stand_right_and_words_left() -> None:
    text = Table(("a", "b"), [(3.14159, True), ("x", 2)]).html("")
    assert '<td class="number">3.14</td><td>True</td>' in text
    assert '<td>x</td><td class="number">2</td>' in text


def test_inlined_figures_take_the_colour_of_the_page_and_have_own_identifiers() -> None:
    ax = forest([Estimate("a", 1, 0, 2)])
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    text = inline_svg(figure, "fig-", 'An "estimate"')
    root = ElementTree.fromstring(text)
    assert root.get("aria-label") == 'An "estimate"'
    assert "currentColor" in text
    assert "#010203" not in text
    identifiers = {element.get("id", "fig-") for element in root.iter()}
    assert all(found.startswith("fig-") for found in identifiers)
    assert "<metadata" not in text
    assert "<!--" not in text


@pytest.mark.skipif(
    shutil.which("chromium") is None, reason="needs Chromium to open the page in a browser"
)
def test_a_browser_opens_the_page(tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    assert chromium is not None
    path = page().save(tmp_path / "page.html")
    found = subprocess.run(
        [
            chromium,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--enable-logging=stderr",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    assert found.stdout.count("<svg") == text().count("<svg") == 5
    assert "Smoking &amp; cancer" in found.stdout
    assert "CONSOLE" not in found.stderr  # where the browser complains of what it refused
