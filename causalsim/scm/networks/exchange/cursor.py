"""Reading a BIF text piece by piece, with the line of every mistake."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from causalsim.errors.network import NetworkError

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)|(?P<text>"[^"\n]*")|(?P<mark>[{}()\[\];,|])"""
    r"""|(?P<word>(?:(?!//|/\*)[^\s{}()\[\];,|"])+)""",
    re.DOTALL,
)
#: What a file looks like, for hints.
SHAPE = "a file reads: network n { } variable x { type discrete [ 2 ] { yes, no }; } "
SHAPE += "probability ( x ) { table 0.2, 0.8; }"


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a quoted text without its quotes, or a mark; and where it stands."""

    kind: str
    text: str
    place: int


def tokens_of(text: str) -> list[Token]:
    """The text without spaces and comments."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise NetworkError.at(
                text, place, "A quotation or a comment is not closed.", "close it."
            )
        kind = str(match.lastgroup)
        if kind != "skip":
            piece = match.group()
            found.append(Token(kind, piece[1:-1] if kind == "text" else piece, place))
        place = match.end()
    return found


@dataclass(slots=True)
class Cursor:
    """A place in a text.

    Args:
        text: The text.
        tokens: Its pieces.
        at: How many of them are read.
    """

    text: str
    tokens: list[Token]
    at: int = 0

    @property
    def more(self) -> bool:
        """Whether something is left."""
        return self.at < len(self.tokens)

    def wrong(self, what: str, hint: str, back: int = 0) -> NetworkError:
        """A mistake here, or some tokens back."""
        number = min(self.at - back, len(self.tokens) - 1)
        place = self.tokens[number].place if self.tokens else 0
        return NetworkError.at(self.text, place, what, hint)

    def word(self, wanted: str) -> str:
        """A word or a quoted text."""
        if not self.more or self.tokens[self.at].kind == "mark":
            found = repr(self.tokens[self.at].text) if self.more else "the end of the file"
            raise self.wrong(f"{wanted} is expected here; found {found}.", SHAPE)
        self.at += 1
        return self.tokens[self.at - 1].text

    def mark(self, wanted: str) -> None:
        """One of the marks."""
        if not self.ahead(wanted):
            found = repr(self.tokens[self.at].text) if self.more else "the end of the file"
            raise self.wrong(f"{wanted!r} is expected here; found {found}.", SHAPE)
        self.at += 1

    def ahead(self, mark: str) -> bool:
        """Whether a mark comes next."""
        if not self.more:
            return False
        token = self.tokens[self.at]
        return token.kind == "mark" and token.text == mark

    def keyword(self, name: str) -> bool:
        """Whether this word comes next, and if so step over it."""
        token = self.tokens[self.at] if self.more else None
        if token is None or token.kind != "word" or token.text != name:
            return False
        self.at += 1
        return True

    def names(self, end: str) -> list[str]:
        """Names up to a mark: between commas, where a name may have spaces, or between spaces."""
        parts: list[list[str]] = [[]]
        commas = False
        while not self.ahead(end):
            if self.ahead(","):
                commas = True
                parts.append([])
                self.at += 1
            else:
                parts[-1].append(self.word(f"a name or {end!r}"))
        self.at += 1
        found = [" ".join(part) for part in parts] if commas else parts[0]
        if any(not name for name in found[:-1]):
            raise self.wrong("A name is missing between commas.", "write a name there.", back=1)
        return [name for name in found if name]

    def numbers(self) -> list[float]:
        """Numbers up to a semicolon."""
        found: list[float] = []
        while not self.ahead(";"):
            if self.ahead(","):
                self.at += 1
                continue
            word = self.word("a number or ';'")
            try:
                found.append(float(word))
            except ValueError:
                raise self.wrong(f"{word!r} is no number.", "write 0.25 or 1e-3.", back=1) from None
        self.at += 1
        return found

    def skip(self) -> None:
        """A property: everything up to its semicolon."""
        while not self.ahead(";"):
            if not self.more:
                raise self.wrong("A property does not end.", "end it by a semicolon.")
            self.at += 1
        self.at += 1

    def until(self, mark: str) -> Sequence[Token]:
        """The tokens before a mark."""
        end = self.at
        while end < len(self.tokens) and self.tokens[end].text != mark:
            end += 1
        return self.tokens[self.at : end]
