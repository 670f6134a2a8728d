"""What can be wrong with the data offered to an identification, a bound or a linear model."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import CausalsimError, did_you_mean, listed


class AvailabilityError(CausalsimError):
    """A description of the data at hand that describes none."""

    @classmethod
    def nothing(cls) -> Self:
        """No population offers any data."""
        return cls(
            "No data are available: no population is observed and no experiment was done.",
            'type Available(observational=True) or Available(experiments=["dose"]).',
        )

    @classmethod
    def bad_experiment(cls, found: object) -> Self:
        """Something that names no experiment."""
        return cls(
            f"An experiment is the names of what was set; found {found!r}.",
            'type "dose", ("dose", "diet") or Experiment("dose", measured=["tumour"]).',
        )

    @classmethod
    def repeated_domain(cls, name: str) -> Self:
        """Two populations of one name, or one without a name."""
        if not name:
            return cls(
                "A further population has no name.",
                "name it; the population without a name is the one the query is about.",
            )
        return cls(f"Two populations are named {name!r}.", "give each population its own name.")

    @classmethod
    def unknown_variable(cls, name: str, role: str, nodes: Iterable[str]) -> Self:
        """Data on a variable that the graph does not have."""
        return cls(
            f"{name!r} is {role}, but the graph does not have it.",
            did_you_mean(name, nodes, "the nodes are"),
        )

    @classmethod
    def latent(cls, name: str, role: str) -> Self:
        """Data on something that nobody can measure."""
        return cls(
            f"{name!r} is {role}, but it is latent in the graph.",
            "take it out of the data, or draw the graph with this variable measured.",
        )

    @classmethod
    def set_and_measured(cls, names: Iterable[str]) -> Self:
        """A variable that an experiment both sets and measures."""
        return cls(
            f"{listed(names)} is both set and measured by one experiment.",
            "leave what is set out of what is measured.",
        )

    @classmethod
    def missing_table(cls, source: str, present: Iterable[str]) -> Self:
        """A formula that needs a distribution nobody gave."""
        return cls(
            f"The formula needs the table of {source}, which was not given.",
            f"the tables given are {listed(present)}.",
        )
