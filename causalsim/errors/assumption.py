"""What can be wrong with an assumption that the caller states."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import CausalsimError, did_you_mean, listed


class AssumptionError(CausalsimError):
    """An assumption that means nothing for the graph or for the question."""

    @classmethod
    def not_an_assumption(cls, found: object) -> Self:
        """Something that states no assumption."""
        shown = found.__name__ if isinstance(found, type) else type(found).__name__
        return cls(
            f"An assumption is wanted; found {shown}.",
            'type assuming=Linear(), Monotone("z", "x") or Levels({"x": [0, 1]}).',
        )

    @classmethod
    def unknown_variable(cls, name: object, nodes: Iterable[str]) -> Self:
        """An assumption about a variable that the graph does not have."""
        return cls(
            f"An assumption is about {name!r}, which the graph does not have.",
            did_you_mean(str(name), list(nodes), "the nodes are"),
        )

    @classmethod
    def no_effect(cls, cause: str, effect: str) -> Self:
        """Monotonicity of a variable in something that does not affect it."""
        return cls(
            f"Monotonicity of {effect!r} in {cause!r} is assumed, but no directed path leads from "
            f"{cause!r} to {effect!r}.",
            f'add the arrow to the graph, or turn the two round: Monotone("{effect}", "{cause}").',
        )

    @classmethod
    def both_ways(cls, cause: str, effect: str) -> Self:
        """Monotonicity assumed upwards and downwards."""
        return cls(
            f"{effect!r} is assumed both never to fall and never to rise with {cause!r}.",
            "keep one of the two.",
        )

    @classmethod
    def bad_levels(cls, name: object, found: object) -> Self:
        """Levels that are no list of different values."""
        return cls(
            f"The levels of {name!r} are a list of at least two different numbers or texts; found "
            f"{found!r}.",
            'type Levels({"x": [0, 1], "y": ["low", "high"]}) or Levels.binary("x", "y").',
        )

    @classmethod
    def levels_twice(cls, name: str) -> Self:
        """Levels of one variable declared twice, and differently."""
        return cls(f"The levels of {name!r} are declared twice.", "declare them once.")

    @classmethod
    def undeclared_level(cls, name: str, level: object, levels: Iterable[object]) -> Self:
        """A level in the question, or in the data, that the declaration leaves out."""
        return cls(
            f"{name!r} has the level {level!r}, which is not among the levels declared for it.",
            f"declare it too; declared are {listed([str(found) for found in levels])}.",
        )

    @classmethod
    def unordered(cls, name: str, levels: Iterable[object]) -> Self:
        """Monotonicity in levels that have no order of their own."""
        shown = ", ".join(repr(level) for level in levels)
        return cls(
            f"Monotonicity needs an order, and {shown} of {name!r} have none.",
            f'declare them from least to most: assuming=[Monotone(…), Levels({{"{name}": [{shown}]'
            "})].",
        )

    @classmethod
    def no_value(cls, names: Iterable[str]) -> Self:
        """An interval asked for while variables of the question are free."""
        found = list(names)
        return cls(
            f"An interval is for one number, but {listed(found)} has no value yet.",
            f'type answer.evaluate(table, at={{"{found[0]}": 1}}), or ask with values.',
        )
