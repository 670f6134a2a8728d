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
    def nothing_left(cls) -> Self:
        """A contrast of a thing with itself."""
        return cls(
            "The parts of the question cancel, so that nothing is asked.",
            "compare two different levels, such as to=1 with baseline=0.",
        )

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

    @classmethod
    def unreadable(cls, text: str, at: int, what: str, hint: str) -> Self:
        """Text that cannot be read, with the place where reading stopped."""
        start = max(0, at - 30)
        shown = text[start : at + 30].replace("\n", " ")
        return cls(
            f"Column {at + 1}: {what}\n    {shown}\n    {' ' * (at - start)}^",
            hint or "type P(Y | do(X=1), Z), E[Y(X=1) - Y(X=0)] or P(Y(X=1)=1, Y(X=0)=0).",
        )

    @classmethod
    def no_treatment(cls, text: str, at: int, level: str) -> Self:
        """The shorthand Y(1) without a stated treatment."""
        return cls.unreadable(
            text,
            at,
            f"{level} is a level, but nothing says of which variable.",
            f'write the variable, as in Y(X={level}), or parse with treatment="X".',
        )

    @classmethod
    def set_twice(cls, name: str, variable: str) -> Self:
        """A world in which one variable is set twice."""
        return cls(
            f"The world of {variable!r} sets {name!r} twice.",
            "set each variable once in a world.",
        )

    @classmethod
    def bad_action(cls, found: object) -> Self:
        """Something that sets no variable."""
        return cls(
            f"A world sets variables to levels or to their values in another world; found "
            f"{found!r}.",
            'type Counterfactual("Y", {"X": 1, "M": Counterfactual("M", {"X": 0})}).',
        )

    @classmethod
    def bad_level(cls, name: str, level: object) -> Self:
        """A level that is no plain value."""
        return cls(
            f"A level of {name!r} is a number, a text or a truth value; found {level!r}.",
            f"give {name!r} a level such as 1 or 'high'.",
        )

    @classmethod
    def free_twice(cls, name: str) -> Self:
        """A counterfactual question in which a variable is left free beside other values of it."""
        return cls(
            f"{name!r} is left without a value in one event and occurs in another.",
            f"give every event of {name!r} a value, such as {name}(…)=1.",
        )

    @classmethod
    def contradictory_evidence(cls, what: str) -> Self:
        """Conditions that can never be met together."""
        return cls(
            f"The conditions contradict each other: {what}.",
            "condition on events that can happen together.",
        )

    @classmethod
    def not_variables(cls, found: object) -> Self:
        """Something that names no counterfactual variable."""
        return cls(
            f"An independence is one of counterfactual variables; found {type(found).__name__}.",
            'type "Y" for the actual world, or Counterfactual("Y", {"X": 1}).',
        )

    @classmethod
    def nested_independence(cls, text: str) -> Self:
        """An independence of a variable whose world refers to another world."""
        return cls(
            f"{text} sets a variable to its value in another world, for which separation is not "
            "defined.",
            "ask about the variable with that value held, and about the value itself.",
        )

    @classmethod
    def other_assumption(cls, assumption: str, treatment: str, outcome: str) -> Self:
        """An assumption about variables that the question is not about."""
        return cls(
            f"The assumption is that {assumption}, but the question is about the effect of "
            f"{treatment!r} on {outcome!r}.",
            f'assume Monotone("{treatment}", "{outcome}").',
        )

    @classmethod
    def not_stored(cls, what: str) -> Self:
        """Plain values that no question was stored as."""
        return cls(f"This is no stored question: {what}.", "give what question.to_dict() returned.")

    @classmethod
    def no_path(cls, text: str, treatment: str, outcome: str) -> Self:
        """A path for a path-specific effect that the graph does not have."""
        return cls(
            f"{text} is no directed path of the graph from {treatment!r} to {outcome!r}.",
            f'give paths such as "{treatment} -> {outcome}".',
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
    def missing_table(cls, term: str, present: Iterable[str]) -> Self:
        """A term of a formula that none of the given tables holds."""
        there = list(present)
        return cls(
            f"The formula needs the table of {term}, which was not given.",
            f"the tables given are {listed(there)}; an experiment is a SourceTable."
            if there
            else "give a joint Table, or a SourceTable for each experiment.",
        )

    @classmethod
    def other_levels(cls, name: str, one: Iterable[object], other: Iterable[object]) -> Self:
        """Two tables that count the levels of a variable differently."""
        return cls(
            f"The levels of {name!r} are {listed(map(str, one))} in one table and "
            f"{listed(map(str, other))} in another.",
            "give every table the same levels in the same order.",
        )

    @classmethod
    def bad_table(cls, what: str) -> Self:
        """Values, names and levels that do not make a table."""
        return cls(
            f"This is no table: {what}.",
            'type Table.of(["x", "y"], values), one name an axis and one level a position.',
        )

    @classmethod
    def not_a_table(cls, found: object) -> Self:
        """Something that is no table where one is wanted."""
        return cls(
            f"A table is wanted; found {type(found).__name__}.",
            'type Table.of(["x", "y"], values), or SourceTable for an experiment.',
        )

    @classmethod
    def no_names(cls, found: object) -> Self:
        """Something else where variables are named."""
        return cls(
            f"Variables are named one by one; found {found!r}.",
            'type probability("y", given=["x", "z"]).',
        )

    @classmethod
    def not_an_expression(cls, found: object) -> Self:
        """Something that is no formula where one is wanted."""
        return cls(
            f"A formula is wanted; found {type(found).__name__}.",
            'type identify(graph, query).formula, or probability("y", "x") for one of your own.',
        )

    @classmethod
    def not_a_distribution(cls, what: str) -> Self:
        """A table that is no distribution."""
        return cls(f"The table is no distribution: {what}.", "give a table that sums to 1.")

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
