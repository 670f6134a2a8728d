"""The name of a recipe that a file cannot hold."""

from dataclasses import dataclass

from causalsim.errors.storage import StorageError
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.recipe import Rows


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a recipe was called; it fits nothing.

    Args:
        text: The family in a few words.

    Examples:
        >>> print(Remembered("my own family"))
        my own family
    """

    text: str

    def refuses(self, rows: Rows) -> str:
        """Always: only the name is left of it."""
        return "it was loaded from a file that holds its name only"

    def fit(self, rows: Rows) -> Mechanism:
        """Never."""
        raise StorageError.unknown_part(f"The recipe of {rows.node!r}", self)

    def __str__(self) -> str:
        """The family in a few words."""
        return self.text
