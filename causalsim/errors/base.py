"""The one ancestor of every error of the package, and the words they share."""

from collections.abc import Iterable
from difflib import get_close_matches


class CausalsimError(Exception):
    """A misuse, told in three parts: what was wrong, what was found, what to type next.

    Args:
        message: What was wrong and what was found; ends without a full stop or with one.
        hint: What the user can type next; printed after ``Hint:``.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message}\nHint: {hint}" if hint else message)


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a misspelt name most likely meant, or None.

    >>> nearest("smokng", ["smoking", "tar"])
    'smoking'
    """
    found = list(candidates)
    lowered = {candidate.lower(): candidate for candidate in reversed(found)}
    if name.lower() in lowered:
        return lowered[name.lower()]
    matches = get_close_matches(name, found, n=1, cutoff=0.6)
    return matches[0] if matches else None


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Names as a sentence lists them, cut after ``limit``.

    >>> listed(["a", "b", "c"], limit=2)
    'a, b, … (1 more)'
    """
    found = [str(name) for name in names]
    shown = ", ".join(found[:limit])
    return shown if len(found) <= limit else f"{shown}, … ({len(found) - limit} more)"


def did_you_mean(name: str, candidates: Iterable[str], otherwise: str) -> str:
    """A hint that names the nearest candidate, or lists what there is.

    >>> did_you_mean("smokng", ["smoking"], "the nodes are")
    "did you mean 'smoking'?"
    """
    found = list(candidates)
    guess = nearest(name, found)
    return f"did you mean {guess!r}?" if guess is not None else f"{otherwise}: {listed(found)}."
