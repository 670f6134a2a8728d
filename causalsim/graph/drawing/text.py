"""How wide a name is, and where it breaks into lines, without asking any font."""

from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category, combining, east_asian_width, normalize

#: Height of the letters and from line to line, in pixels.
FONT_SIZE = 14.0
LINE_HEIGHT = 17.0
#: Room between a name and the border of its node.
PADDING_ACROSS, PADDING_ALONG = 12.0, 7.0

_WRAP_AT = 128.0
_BREAK_AT = 208.0
_MOST_LINES = 4
_MOST_LETTERS = 160

# Advance widths of Helvetica and the fonts metrically equal to it, in 1/1000 of the font size,
# for the characters from the space to the tilde.
_ASCII = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Label:
    """A name broken into lines, and the size of the node it needs, in pixels."""

    lines: tuple[str, ...]
    width: float
    height: float


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """The estimated width of a line of text, in pixels.

    >>> text_width("quit", 10)
    16.12
    """
    return round(sum(_advance(letter) for letter in text) * size / 1000, 3)


@lru_cache(maxsize=4096)
def label(name: str) -> Label:
    """A name as it stands in its node: broken at spaces, underscores and humps when it is long.

    >>> label("weight gain between the two interviews").lines
    ('weight gain between', 'the two interviews')
    """
    lines = _broken(printable(name[: 2 * _MOST_LETTERS])[:_MOST_LETTERS])
    widest = max(text_width(line) for line in lines)
    height = LINE_HEIGHT * len(lines) + 2 * PADDING_ALONG
    # A node is never narrower than high, so that a single letter stands in a circle.
    return Label(lines, max(widest + 2 * PADDING_ACROSS, height), height)


def printable(text: str) -> str:
    """Text that XML can hold: control characters and lone surrogates replaced, spaces single."""
    kept = "".join(
        " " if letter.isspace() else "\ufffd" if category(letter) in {"Cc", "Cs"} else letter
        for letter in text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    )
    return " ".join(kept.split()) or "\ufffd"


@lru_cache(maxsize=4096)
def _advance(letter: str) -> int:
    """The width of one character, in 1/1000 of the font size."""
    if " " <= letter <= "~":
        return _ASCII[ord(letter) - 32]
    if combining(letter) or category(letter) == "Cf":
        return 0
    base = normalize("NFD", letter)[0]
    if " " <= base <= "~":
        return _ASCII[ord(base) - 32]
    if east_asian_width(letter) in {"W", "F"} or ord(letter) >= 0x2000:
        return 1000
    return 833 if letter.isupper() else 667


def _pieces(name: str) -> list[str]:
    """The smallest parts of a name between which a line may break."""
    pieces = [""]
    for before, letter in zip(" " + name, name, strict=False):
        hump = letter.isupper() and before.islower()
        if before in " _-/." or hump:
            pieces.append("")
        pieces[-1] += letter
    return [piece for piece in pieces if piece]


def _broken(name: str) -> tuple[str, ...]:
    """A name in lines of similar length, the last one cut when there are too many."""
    if text_width(name) <= _WRAP_AT:
        return (name,)
    pieces = [part for piece in _pieces(name) for part in _chopped(piece)]
    # The narrowest width that needs no more lines than the widest allowed: even lines.
    widths = sorted({text_width(piece.strip()) for piece in pieces} | {_WRAP_AT, _BREAK_AT})
    fewest = len(_filled(pieces, _WRAP_AT))
    tried = [*widths, *(_WRAP_AT * step / 16 for step in range(8, 16))]
    limit = min(width for width in tried if len(_filled(pieces, width)) <= fewest)
    lines = _filled(pieces, limit)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1].rstrip(" _") + "…"]
    return tuple(lines)


def _filled(pieces: list[str], limit: float) -> list[str]:
    """Pieces put into lines, each as full as the limit allows."""
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if text_width((lines[-1] + piece).strip()) <= limit:
            lines[-1] += piece
        else:
            lines.append(piece)
    return [line.strip() for line in lines]


def _chopped(piece: str) -> list[str]:
    """A piece without a place to break, cut into parts that fit on a line."""
    parts = [""]
    for letter in piece:
        if text_width(parts[-1] + letter) > _BREAK_AT:
            parts.append("")
        parts[-1] += letter
    return parts
