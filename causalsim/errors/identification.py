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
    def not_available(cls, found: object) -> Self:
        """Something that describes no data."""
        return cls(
            f"A description of the data is wanted; found {type(found).__name__}.",
            'type Available(observational=True, experiments=["dose"]).',
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
    def incomplete(cls) -> Self:
        """Data with holes where whole distributions are wanted."""
        return cls(
            "Units or values are missing from these data, so that they show no distribution whole.",
            "ask identify(graph, query, available=…) about one world; it recovers what it can.",
        )

    @classmethod
    def incomplete_and_more(cls, what: str) -> Self:
        """Holes in data of which more is said than can be used together."""
        return cls(
            f"Data with missing units or values cannot be described together with {what}.",
            "type Available(selected=…), with or without a census, or Available(missing=…).",
        )

    @classmethod
    def bad_missing(cls, found: object) -> Self:
        """Indicators that are no mapping."""
        return cls(
            f"Missing values are given as variable and indicator; found {type(found).__name__}.",
            'type missing={"income": "income_recorded"}.',
        )


class BoundsError(CausalsimError):
    """A bound that cannot be computed from what was given."""

    @classmethod
    def no_value(cls, names: Iterable[str]) -> Self:
        """A question about a whole distribution where one number is wanted."""
        name = next(iter(names))
        return cls(
            f"A bound is on one number, but {listed(names)} has no value in the query.",
            f'give it one: Query({{"{name}": 1}}, do={{…: 0}}).',
        )

    @classmethod
    def missing_variable(cls, name: str, present: Iterable[str]) -> Self:
        """Data without a variable of the graph."""
        return cls(
            f"The data lack {name!r}, which the bound needs.",
            did_you_mean(name, present, "the data have"),
        )

    @classmethod
    def unknown_level(cls, name: str, level: object, levels: Iterable[object]) -> Self:
        """A value that the data never show."""
        return cls(
            f"{name!r} has no level {level!r} in the data.",
            f"its levels are {listed(str(found) for found in levels)}.",
        )

    @classmethod
    def bad_column(cls, name: str, what: str) -> Self:
        """A column that holds no levels."""
        return cls(
            f"The column {name!r} {what}.",
            "give one array of levels a variable, all of one length and without missing values.",
        )

    @classmethod
    def too_many_levels(cls, name: str, count: int) -> Self:
        """A column that looks continuous."""
        return cls(
            f"{name!r} has {count} different values, too many for levels.",
            "cut it into a few classes first.",
        )

    @classmethod
    def contradicted(cls, moved: float, assumptions: Iterable[str]) -> Self:
        """Data that no model of the graph could have made."""
        said = listed(assumptions)
        what = f"the graph together with the assumption that {said}" if said else "the graph"
        return cls(
            f"No model of {what} makes these data: their probabilities would have to move by "
            f"{moved:.3g} in all (for an instrument this is the instrumental inequality).",
            "when this is more than sampling noise, drop an assumption or add an arrow or <->.",
        )

    @classmethod
    def empty_stratum(cls, names: Iterable[str]) -> Self:
        """A probability given an event that never happens."""
        return cls(
            f"The data say nothing of some combination of {listed(names)} that is needed.",
            "merge levels, or leave a variable out of the graph.",
        )

    @classmethod
    def unsupported(cls, what: str) -> Self:
        """A question that no linear program states."""
        return cls(
            f"This is no linear program: {what}.",
            "ask for one world at a time, or leave the variable out of the graph.",
        )

    @classmethod
    def not_ours(cls, found: object, wanted: str) -> Self:
        """Something of another kind."""
        hint = (
            "type dict(frame) for the columns of a pandas frame, frame.to_dict() for a polars one."
            if "Frame" in str(found)
            else "see the function's examples."
        )
        return cls(f"{wanted} is wanted; found {found!r}.", hint)

    @classmethod
    def no_parent(cls, cause: str, effect: str) -> Self:
        """Monotonicity between variables that the graph does not join by an arrow."""
        return cls(
            f"Monotonicity of {effect!r} in {cause!r} is assumed, but the graph has no arrow "
            f"{cause} -> {effect}.",
            "assume it of a cause and its direct effect.",
        )

    @classmethod
    def outside_support(cls, name: str, low: float, high: float) -> Self:
        """Outcomes beyond the range within which they are said to lie."""
        return cls(
            f"{name!r} leaves the range from {low} to {high}.",
            "give the smallest and the largest value that the outcome can take.",
        )

    @classmethod
    def two_levels(cls, name: str, count: int) -> Self:
        """A bound for binary variables only."""
        return cls(
            f"{name!r} has {count} levels, but this bound is for two.",
            "code the variable as absent (first level) and present (second level).",
        )

    @classmethod
    def too_large(cls, count: int, limit: int) -> Self:
        """A program with more unknowns than are allowed."""
        shown = str(count) if count < 10**12 else "over 10^12"
        return cls(
            f"The linear program would have {shown} unknowns; at most {limit} are allowed.",
            "merge levels, leave variables out of the graph, or raise limit=.",
        )

    @classmethod
    def crossed(cls, low: float, high: float, assumptions: Iterable[str]) -> Self:
        """Assumptions that the data contradict."""
        return cls(
            f"The lower bound {low:.4g} exceeds the upper bound {high:.4g}: the data contradict "
            f"the assumption that {'; and that '.join(assumptions)}.",
            "drop an assumption; in a small sample the difference may be noise.",
        )


class IntractableError(BoundsError):
    """A linear program that is too large, or a question that none states."""


class IncompleteDataError(CausalsimError):
    """Selection or missingness described in a way that no graph can mean."""

    @classmethod
    def unknown_indicator(cls, name: str, nodes: Iterable[str]) -> Self:
        """An indicator that the graph lacks."""
        return cls(
            f"The graph has no node {name!r} for being in the data.",
            did_you_mean(name, nodes, "the nodes are"),
        )

    @classmethod
    def indicator_with_effects(cls, name: str, effects: Iterable[str]) -> Self:
        """Being recorded changes what is recorded."""
        return cls(
            f"{name!r} marks which values are in the data, but causes {listed(effects)}.",
            "let arrows only lead into it, or into other such indicators.",
        )

    @classmethod
    def indicator_in_query(cls, names: Iterable[str]) -> Self:
        """A question about being in the data."""
        return cls(
            f"{listed(names)} marks which values are in the data and cannot be asked about.",
            "ask about the variables themselves.",
        )

    @classmethod
    def latent_indicator(cls, name: str) -> Self:
        """An indicator that nobody sees."""
        return cls(
            f"{name!r} marks which values are in the data, but is latent.", "draw it measured."
        )

    @classmethod
    def bad_indicators(cls, found: object) -> Self:
        """Indicators that are no mapping."""
        return cls(
            f"Indicators are given as variable and indicator; found {type(found).__name__}.",
            'type {"income": "income_recorded"}.',
        )

    @classmethod
    def shared_indicator(cls, name: str) -> Self:
        """One indicator for two variables."""
        return cls(
            f"{name!r} marks two variables.",
            "give each variable that has missing values an indicator of its own.",
        )


class LinearError(CausalsimError):
    """A linear model, or a covariance matrix, that is none."""

    @classmethod
    def bad_covariance(cls, what: str) -> Self:
        """A matrix that is no covariance."""
        return cls(
            f"The covariance matrix {what}.",
            "give a symmetric, positive definite matrix with one row a variable.",
        )

    @classmethod
    def unknown_variable(cls, name: object, present: Iterable[str]) -> Self:
        """A variable that the covariance matrix, or the graph, does not have."""
        found = list(present)
        return cls(
            f"There is no variable {name!r}.", did_you_mean(str(name), found, "the variables are")
        )

    @classmethod
    def no_arrow(cls, cause: str, effect: str) -> Self:
        """A coefficient of an arrow that is not there."""
        return cls(
            f"The graph has no arrow {cause} -> {effect}, so that its coefficient is zero.",
            f'ask for the total effect: total_effect(graph, "{cause}", "{effect}").',
        )

    @classmethod
    def latent(cls, name: str) -> Self:
        """A coefficient of something nobody can measure."""
        return cls(
            f"{name!r} is latent in the graph.",
            "ask about measured variables; project the latent ones out first.",
        )

    @classmethod
    def missing_parameter(cls, symbol: str) -> Self:
        """A polynomial without a number for one of its symbols."""
        return cls(f"There is no value for {symbol}.", "give a number for every symbol.")

    @classmethod
    def too_many_treks(cls, limit: int) -> Self:
        """More treks than anyone could read."""
        return cls(
            f"There are more than {limit} treks.",
            "raise limit=, or compute the covariance from the matrices of the model.",
        )

    @classmethod
    def degenerate(cls, node: str) -> Self:
        """A covariance matrix at which a generic formula breaks down."""
        return cls(
            f"The equations for {node!r} are singular at this covariance matrix.",
            "some instrument is too weak here: an effect that the formula divides by is zero.",
        )
