"""What can be wrong with a way of inferring what the evidence leaves hidden."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.model import ModelError


class InferenceError(ModelError):
    """An engine that cannot do what it was asked to do."""

    @classmethod
    def not_applicable(cls, engine: object, block: Iterable[str], reason: str) -> Self:
        """An engine that the user chose, and that cannot infer this block."""
        return cls(
            f"{engine} cannot infer ({listed(block)}): {reason}.",
            "leave by= out to have an engine chosen that can, or type by=Particles(10_000).",
        )

    @classmethod
    def no_engine(cls, block: Iterable[str], reasons: Iterable[str]) -> Self:
        """A block that no engine can infer."""
        return cls(
            f"The evidence leaves ({listed(block)}) partly hidden, and no engine can infer what "
            f"is hidden: {'; '.join(reasons)}.",
            "observe the hidden variables, leave evidence out that others determine, or act on "
            "variables that do not depend on them.",
        )

    @classmethod
    def not_an_engine(cls, found: object) -> Self:
        """Something else stands where an engine is expected."""
        return cls(
            f"by must be an engine, such as Particles(count); found {found!r}.",
            "type by=Particles(10_000), Gaussian(), Elimination(), Enumeration(), Laplace(), SVI() "
            "or NUTS(); leave by= out to have the cheapest exact one chosen.",
        )

    @classmethod
    def no_mode(cls, block: Iterable[str], rows: int, first: int) -> Self:
        """A posterior whose top was not found."""
        return cls(
            f"The search for the most likely values of what is hidden in ({listed(block)}) "
            f"ended nowhere for {rows} row(s), first row {first}.",
            "look for evidence far from anything the model expects, or type by=Particles(10_000).",
        )

    @classmethod
    def contradiction(cls, nodes: Iterable[str], rows: int, first: int) -> Self:
        """Observed values that determine one another and do not agree."""
        return cls(
            f"The values of ({listed(nodes)}) contradict the equations that tie them together, in "
            f"{rows} row(s), first in row {first}.",
            "leave one of these columns out, or correct the rows.",
        )

    @classmethod
    def no_guess(cls, nodes: Iterable[str], count: int, rows: int, first: int) -> Self:
        """Evidence that no guess of what is hidden agrees with."""
        return cls(
            f"The model gives probability zero, or next to it, to the value of ({listed(nodes)}) "
            f"in {rows} row(s), first in row {first}: none of {count} guesses of what is hidden "
            "agrees with it.",
            f"look at these rows; if they are possible, type by=Particles({count * 20}).",
        )

    @classmethod
    def nothing_seen(cls, world: str, rows: int, first: int) -> Self:
        """Rows all of whose cells are missing."""
        where = f" of {world!r}" if world else ""
        return cls(
            f"Nothing was observed in {rows} row(s) of the frame{where}, first in row {first}.",
            "leave rows without any value out: frame.dropna(how='all').",
        )
