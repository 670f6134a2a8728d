"""What can be wrong with a question about several worlds."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import did_you_mean, listed
from causalsim.errors.model import ModelError


class WorldError(ModelError):
    """Worlds that do not exist, or evidence that does not say where it was seen."""

    @classmethod
    def unknown(cls, world: object, worlds: Iterable[str]) -> Self:
        """A world that the question does not have."""
        named = [name for name in worlds if name]
        return cls(
            f"There is no world {world!r} in this question.",
            did_you_mean(str(world), named, "its worlds are"),
        )

    @classmethod
    def none(cls, found: object) -> Self:
        """A question about no world."""
        return cls(
            f"A question about worlds names at least one; found {found!r}.",
            'type model.worlds({"control": {"x": 0}, "treated": {"x": 1}}, frame).',
        )

    @classmethod
    def units_and_evidence(cls) -> Self:
        """Both a frame and a number of units, or neither."""
        return cls(
            "A question about worlds is asked of the rows of a frame, or of new units.",
            "give the frame that was observed, or units=10_000, and not both.",
        )

    @classmethod
    def uneven(cls, heights: Iterable[tuple[str, int]]) -> Self:
        """Evidence on different numbers of units."""
        found = listed(f"{world}: {height}" for world, height in heights)
        return cls(
            f"The evidence has different numbers of rows ({found}), but each row is one unit.",
            "give each world's evidence on the same units, in the same order.",
        )
