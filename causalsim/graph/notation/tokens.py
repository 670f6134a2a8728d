"""A text cut into tokens by one pattern, and a place among them that only moves forward."""

import re
from collections import deque
from collections.abc import Container
from typing import NamedTuple

from causalsim.errors.notation import NotationError

#: What stands after the last token.
END = "end"


class Token(NamedTuple):
    """A piece of a text: its kind (the group of the pattern that matched), itself, its place."""

    kind: str
    text: str
    place: int


class Tokens:
    """The tokens of a text, read one after the other.

    Cutting stops with an error at the first character that begins no token.

    Args:
        text: The whole text.
        pattern: Alternatives as named groups. The group ``skip`` is dropped; the group ``bad``
            comes last and matches any one character, so that nothing is ever searched for: a
            search that begins anew at every place can take quadratic time.
        notation: The notation's name, for errors.
        hint: What a right text looks like, for errors.
    """

    __slots__ = ("_found", "_matches", "hint", "last", "next", "text")

    def __init__(self, text: str, pattern: re.Pattern[str], notation: str, hint: str) -> None:
        if not isinstance(text, str):
            raise NotationError.not_text(notation, text)
        self.text = text
        self.hint = hint
        self._matches = pattern.finditer(text)
        self._found: deque[Token] = deque()
        #: The token to come.
        self.next = self._cut()
        #: The token just taken; the first one before any was.
        self.last = self.next

    @property
    def second(self) -> Token:
        """The token after the one to come."""
        if not self._found:
            self._found.append(self._cut())
        return self._found[0]

    def take(self) -> Token:
        """The token to come, which is thereby read; the end is never passed."""
        self.last = self.next
        self.next = self._found.popleft() if self._found else self._cut()
        return self.last

    def _cut(self) -> Token:
        """One more token from the text; cut when needed, so that an error comes early."""
        for match in self._matches:
            kind = match.lastgroup or ""
            if kind == "bad":
                what = f"cannot read {match[0]!r} here"
                raise NotationError.at(self.text, match.start(), what, self.hint)
            if kind != "skip":
                return Token(kind, match[0], match.start())
        return Token(END, "", len(self.text))

    def accept(self, *texts: str) -> bool:
        """Read the token to come if it is one of these."""
        if self.next.text in texts and self.next.kind != END:
            self.take()
            return True
        return False

    def expect(self, text: str, where: str) -> Token:
        """Read the token to come, which must be this one."""
        if not self.accept(text):
            raise self.error(f"expected {text!r} {where}, found {self.shown()}")
        return self.last

    def of(self, kinds: Container[str], what: str) -> Token:
        """Read the token to come, which must be of one of these kinds."""
        if self.next.kind not in kinds:
            raise self.error(f"expected {what}, found {self.shown()}")
        return self.take()

    def shown(self) -> str:
        """The token to come, for an error."""
        token = self.next
        if token.kind == END:
            return "the end of the text"
        if token.text.startswith("\n"):
            return "the end of the line"
        return repr(token.text if len(token.text) <= 40 else token.text[:39] + "…")

    def error(self, what: str, token: Token | None = None, hint: str = "") -> NotationError:
        """An error that points at a token; at the one to come unless told."""
        place = (self.next if token is None else token).place
        return NotationError.at(self.text, place, what, hint or self.hint)
