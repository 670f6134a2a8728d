"""A place in a text that only moves forward, for notations whose tokens depend on the place."""

import re

from causalsim.errors.notation import NotationError


class Scanner:
    """A place in a text.

    Args:
        text: The whole text.
        notation: The notation's name, for errors.
        hint: What a right text looks like, for errors.
        space: What is skipped before anything is read; matches the empty text too.
    """

    __slots__ = ("_space", "at", "hint", "text")

    def __init__(self, text: str, notation: str, hint: str, space: re.Pattern[str]) -> None:
        if not isinstance(text, str):
            raise NotationError.not_text(notation, text)
        self.text = text
        self.hint = hint
        self.at = 0
        self._space = space

    def skip(self) -> None:
        """Pass what means nothing."""
        found = self._space.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern matches here, after blanks."""
        self.skip()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def peek(self) -> str:
        """The next character after blanks, or nothing."""
        self.skip()
        return self.text[self.at : self.at + 1]

    def finished(self) -> bool:
        """Whether nothing but blanks is left."""
        self.skip()
        return self.at >= len(self.text)

    def error(self, what: str, place: int | None = None) -> NotationError:
        """An error that points here, or at a place passed before."""
        return NotationError.at(self.text, self.at if place is None else place, what, self.hint)
