"""What can be wrong with a causal question."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import CausalsimError, did_you_mean, listed


class QueryError(CausalsimError):
    """A question that cannot be asked of this graph, or of any."""

    @classmethod
    def empty_outcome(cls) -> Self:
        """A query about nothing."""
        return cls("The query names no outcome.", 'type Query("recovery", do="dose").')

    @classmethod
    def bad_setting(cls, found: object) -> Self:
        """Variables given in a form that names none."""
        return cls(
            f"Variables are given as a name, several names, or names with values; found {found!r}.",
            'type do="dose", do=["dose", "diet"] or do={"dose": 20}.',
        )

    @classmethod
    def two_roles(cls, names: Iterable[str], first: str, second: str) -> Self:
        """A variable that is asked about in two ways at once."""
        return cls(
            f"{listed(names)} is both {first} and {second} of the query.",
            "give each variable one role: outcome, do or given.",
        )

    @classmethod
    def unknown_variable(cls, name: str, nodes: Iterable[str]) -> Self:
        """A query about a variable that the graph does not have."""
        return cls(
            f"The query names {name!r}, which the graph does not have.",
            did_you_mean(name, nodes, "the nodes are"),
        )

    @classmethod
    def latent_variable(cls, name: str, role: str) -> Self:
        """A query about something that nobody can measure."""
        return cls(
            f"{name!r} is latent in the graph, so that it cannot be the {role} of a query.",
            "ask about a measured variable, or draw the graph with this one measured.",
        )

    @classmethod
    def not_a_query(cls, found: object) -> Self:
        """Something that is no query where one is wanted."""
        return cls(
            f"A query is wanted; found {type(found).__name__}.",
            'type Query("recovery", do="dose").',
        )

    @classmethod
    def not_a_graph(cls, found: object) -> Self:
        """Something that is no graph where one is wanted."""
        return cls(
            f"A causal graph is wanted; found {type(found).__name__}.",
            'type Graph("dose -> recovery").',
        )


class ExpressionError(CausalsimError):
    """A formula that cannot be formed or evaluated."""

    @classmethod
    def repeated(cls, names: Iterable[str]) -> Self:
        """A distribution in which a variable stands twice."""
        return cls(
            f"{listed(names)} stands twice in one distribution.",
            "name each variable once, as a head, after the bar, or in do.",
        )

    @classmethod
    def missing_axis(cls, name: str, axes: Iterable[str]) -> Self:
        """A table without a variable of the formula."""
        return cls(
            f"The formula needs {name!r}, which the table does not have.",
            did_you_mean(name, axes, "the table's variables are"),
        )

    @classmethod
    def unknown_level(cls, name: str, level: object, levels: Iterable[object]) -> Self:
        """A value outside a variable's domain."""
        return cls(
            f"{name!r} has no level {level!r}.",
            f"its levels are {listed(str(found) for found in levels)}.",
        )

    @classmethod
    def experimental(cls, text: str) -> Self:
        """An interventional term that a table of observations cannot answer."""
        return cls(
            f"{text} is not observational, so that a joint table cannot answer it.",
            "give the table of that experiment, or identify the query first.",
        )

    @classmethod
    def not_a_distribution(cls, what: str) -> Self:
        """A table that is no joint distribution."""
        return cls(f"The table is no joint distribution: {what}.", "give a table that sums to 1.")

    @classmethod
    def not_a_number(cls, name: str, level: object) -> Self:
        """The mean of something that has no numbers."""
        return cls(
            f"The mean of {name!r} needs levels that are numbers; found {level!r}.",
            f"ask for the probability of a level of {name!r}, or code its levels as numbers.",
        )

    @classmethod
    def unreadable(cls, what: str) -> Self:
        """Plain values that are no stored formula."""
        return cls(f"This is no stored formula: {what}.", "give what to_dict returned.")
