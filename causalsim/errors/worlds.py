"""What can be wrong with a question about several worlds."""

import warnings
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

    @classmethod
    def alone(cls, node: str) -> Self:
        """A value from another world where there is no other world."""
        return cls(
            f"The action on {node!r} takes a value from another world, and there is none here.",
            'name the worlds: model.worlds({"control": {"x": 0}, "mixed": {"x": 1, '
            '"m": From("control")}}, frame).',
        )

    @classmethod
    def not_within(cls, outer: str, inner: object) -> Self:
        """An action that cannot stand inside another."""
        return cls(
            f"{outer} cannot hold {inner!r}, which needs the variable's own noise.",
            f"give {outer} a value, Draw(...), From(...), or a function of other variables.",
        )

    @classmethod
    def other_values(cls, node: str, found: object, natural: object) -> Self:
        """A mechanism whose values are not the variable's."""
        return cls(
            f"The mechanism for {node!r} gives other values ({found}) than the variable has "
            f"({natural}).",
            "give a mechanism with the same levels, or of the same kind.",
        )

    @classmethod
    def no_arrow(cls, parent: str, child: str, parents: Iterable[str]) -> Self:
        """An action on an arrow that is not there."""
        return cls(
            f"There is no arrow {parent} -> {child} to act on.",
            f"the mechanism of {child!r} reads: {listed(parents) or 'nothing'}.",
        )


class InterventionWarning(UserWarning):
    """An action that the model can run but that it has never seen."""

    @classmethod
    def outside(cls, node: str, value: float) -> None:
        """A value that the variable never has by itself."""
        warnings.warn(
            f"{node!r} is never {value:g} by itself; what follows is extrapolation. "
            "Hint: set a value that its distribution can give.",
            cls,
            stacklevel=2,
        )
