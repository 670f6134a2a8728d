"""What can be wrong with a Bayesian network that is to become a model, or with its file."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import did_you_mean, listed
from causalsim.errors.model import ModelError


class NetworkError(ModelError):
    """A network, or a file of one, that says less or more than a model needs."""

    @classmethod
    def at(cls, text: str, place: int, what: str, hint: str) -> Self:
        """A file that cannot be read, with the line where reading stopped."""
        line = text.count("\n", 0, place) + 1
        start = text.rfind("\n", 0, place) + 1
        end = text.find("\n", place)
        source = text[start : len(text) if end < 0 else end].strip()
        shown = source if len(source) <= 60 else f"{source[:57]}…"
        return cls(f"Line {line}: {what}\n    {shown}", hint)

    @classmethod
    def not_a_network(cls, found: object) -> Self:
        """Something without tables."""
        return cls(
            f"A discrete Bayesian network is needed; found {type(found).__name__}.",
            "pass a pgmpy DiscreteBayesianNetwork, or read a file: read_bif('asia.bif').",
        )

    @classmethod
    def without_table(cls, nodes: Iterable[str]) -> Self:
        """Variables without a table."""
        return cls(
            f"The network has no table for {listed(nodes)}.",
            "add a TabularCPD for each variable: network.add_cpds(...).",
        )

    @classmethod
    def not_a_table(cls, node: str, found: object) -> Self:
        """A conditional distribution that is no table."""
        return cls(
            f"The distribution of {node!r} is a {type(found).__name__}, not a table.",
            "give every variable a TabularCPD; other equations are written by from_equations.",
        )

    @classmethod
    def wrong_shape(cls, node: str, found: tuple[int, ...], needed: tuple[int, ...]) -> Self:
        """A table of another shape than its levels say."""
        return cls(
            f"The table of {node!r} has the shape {found}; its levels need {needed}.",
            "give one number for each level and each combination of the parents' levels.",
        )

    @classmethod
    def not_probabilities(cls, node: str, row: str, found: float) -> Self:
        """A row of a table that does not sum to one, or holds what is no probability."""
        return cls(
            f"The probabilities of {node!r}{row} sum to {found:.6g}, or some are negative.",
            "correct the row; rows within 0.01 of one are scaled.",
        )

    @classmethod
    def other_levels(
        cls, node: str, parent: str, found: Iterable[object], own: Iterable[object]
    ) -> Self:
        """A child that names other levels of its parent than the parent does."""
        return cls(
            f"The table of {node!r} lists the levels of {parent!r} as "
            f"({listed(map(repr, found))}), but {parent!r} has ({listed(map(repr, own))}).",
            "give both tables the same state_names.",
        )

    @classmethod
    def mixed_levels(cls, node: str, levels: Iterable[object]) -> Self:
        """Levels that are neither all names nor all numbers."""
        return cls(
            f"The levels of {node!r} are {listed(map(repr, levels))}: neither all names nor all "
            "numbers.",
            "name all levels by strings, or all by numbers.",
        )

    @classmethod
    def unknown_coupling(cls, name: str, nodes: Iterable[str]) -> Self:
        """A coupling for a variable that the network does not have."""
        return cls(
            f"A coupling was given for {name!r}, which the network does not have.",
            did_you_mean(name, nodes, "its variables are"),
        )

    @classmethod
    def bad_coupling(cls, found: object) -> Self:
        """Something that is no coupling."""
        return cls(
            f"A coupling is Threshold or GumbelMax; found {found!r}.",
            "type coupling=Threshold, coupling=GumbelMax, or coupling={'x': Threshold} for some.",
        )

    @classmethod
    def unwritable(cls, name: str) -> Self:
        """A name that a BIF file cannot hold."""
        return cls(
            f"A BIF file cannot hold the name {name!r}.",
            "rename it: quotation marks and line breaks have no place in the format.",
        )

    @classmethod
    def not_text(cls, path: str, place: int) -> Self:
        """A file that is no text."""
        return cls(
            f"The file {path} is no UTF-8 text: byte {place} cannot be read.",
            "unpack it if it is compressed (.bif.gz), or check that it is the file you meant.",
        )
