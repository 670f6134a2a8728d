"""Pictures fit to stand inside a page: self-contained, inert, with identifiers of their own."""

import re
from io import StringIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from causalsim.errors.reporting import ReportError
from causalsim.plots.canvas import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ACTIVE = {"script", "foreignobject", "iframe", "object", "embed", "image", "a", "animate", "set"}
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_IDENTIFIER = re.compile(r'(\bid="|href="#|url\(#)')


def inline_svg(figure: "Figure", prefix: str = "", description: str = "") -> str:
    """A matplotlib figure as SVG text that can stand in a page of HTML.

    Letters are outlines, so that no font is needed; the background is clear, and words and axes
    in `causalsim.plots.canvas.INK` take the colour of the page's own text, so that plots of
    this package also read on dark pages. The same figure gives the same text.

    Args:
        figure: The figure.
        prefix: Put before every identifier, so that several figures can share a page.
        description: What the figure shows, for screen readers.

    Returns:
        The text of an ``<svg>`` element.
    """
    from matplotlib import rc_context

    written = StringIO()
    with rc_context({"svg.hashsalt": "causalsim", "svg.fonttype": "path"}):
        figure.savefig(
            written,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = _METADATA.sub("", _COMMENT.sub("", text))
    text = _IDENTIFIER.sub(rf"\g<1>{prefix}", text).replace(INK, "currentColor")
    said = ElementTree.Element("svg", {"role": "img", "aria-label": description or "a plot"})
    attributes = ElementTree.tostring(said, encoding="unicode").removeprefix("<svg ")
    return text.replace("<svg ", f"<svg {attributes.removesuffix(' />')} ", 1).strip()


def checked_markup(text: str, root: str) -> str:
    """Markup that is well formed, has the root named, runs nothing and fetches nothing.

    Args:
        text: The text of one element.
        root: The local name of the element, such as ``svg`` or ``math``.

    Returns:
        The same text without an XML declaration.

    Raises:
        ReportError: it is broken, active, or reaches out of the page.

    >>> checked_markup("<math><mi>x</mi></math>", "math")
    '<math><mi>x</mi></math>'
    """
    if "<!ENTITY" in text:
        raise ReportError.unsafe_markup("it declares entities")
    found = text[max(text.find(f"<{root}"), 0) :].strip()
    try:
        tree = ElementTree.fromstring(found)
    except (ElementTree.ParseError, ValueError) as broken:
        raise ReportError.unsafe_markup(f"it is not well formed ({broken})") from None
    if _local(tree.tag) != root:
        raise ReportError.unsafe_markup(f"it is not an <{root}> element")
    for element in tree.iter():
        if _local(element.tag).lower() in _ACTIVE:
            raise ReportError.unsafe_markup(f"it holds a <{_local(element.tag)}> element")
        styles = [element.text or ""] if _local(element.tag).lower() == "style" else []
        for name, value in (*element.attrib.items(), *(("style", style) for style in styles)):
            _check_attribute(_local(name).lower(), value)
    return found


def _check_attribute(name: str, value: str) -> None:
    """Refuse handlers and references that leave the element."""
    if name.startswith("on"):
        raise ReportError.unsafe_markup(f"it holds the handler {name!r}")
    leaves = name in {"href", "src"} and not value.startswith("#")
    links = re.sub(r"url\(\s*['\"]?#", "", value)
    if leaves or "url(" in links or "@import" in value or "javascript:" in value.lower():
        raise ReportError.unsafe_markup(f"its attribute {name!r} refers to {value!r:.60}")


def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]
