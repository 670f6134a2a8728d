"""What can be wrong with a structural causal model, an action on it, or evidence put to it."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import CausalsimError, did_you_mean, listed


class ModelError(CausalsimError):
    """A model that cannot be run, or a question that this model cannot be asked."""

    @classmethod
    def unknown_node(cls, name: object, nodes: Iterable[str]) -> Self:
        """A variable that the model does not have."""
        return cls(
            f"The model has no variable {name!r}.",
            did_you_mean(str(name), nodes, "its variables are"),
        )

    @classmethod
    def without_mechanism(cls, nodes: Iterable[str]) -> Self:
        """Nodes of the graph that nothing produces."""
        return cls(
            f"No mechanism was given for {listed(nodes)}.",
            "give each node of the graph a mechanism, or fit them: SCM.fit(graph, frame).",
        )

    @classmethod
    def wrong_parents(cls, node: str, found: Iterable[str], expected: Iterable[str]) -> Self:
        """A mechanism that listens to other nodes than the graph's arrows say."""
        return cls(
            f"The mechanism of {node!r} reads ({listed(found)}), "
            f"but the graph's arrows into it come from ({listed(expected)}).",
            f"draw the arrows that the mechanism of {node!r} reads, or change what it reads.",
        )

    @classmethod
    def cycle(cls, nodes: Iterable[str]) -> Self:
        """Mechanisms that wait for each other."""
        return cls(
            f"These variables wait for each other: {listed(nodes)}.",
            "a policy may read only variables that its target does not influence.",
        )

    @classmethod
    def reserved(cls, name: str, node: str) -> Self:
        """A variable named as the noise of another."""
        return cls(
            f"The variable {name!r} has the name of the noise of {node!r}.",
            f"rename it: U_{node} names the noise of {node!r} in the program.",
        )

    @classmethod
    def hidden_causes(cls, edges: Iterable[str]) -> Self:
        """A graph with hidden common causes, which a frame alone cannot fit."""
        return cls(
            f"The graph has hidden causes ({listed(edges)}); "
            "fitting mechanisms to a frame needs every cause observed.",
            "identify and estimate handle hidden causes where the effect is identified; for a "
            "simulation write the hidden cause as a variable of a model made by hand.",
        )

    @classmethod
    def missing_evidence(cls, node: str, needed_for: Iterable[str]) -> Self:
        """A value that abduction needs and the frame does not have."""
        return cls(
            f"The column {node!r} is not in the frame, and the noise of ({listed(needed_for)}) "
            "cannot be recovered without it.",
            f"add the column {node!r} to the frame.",
        )

    @classmethod
    def impossible(cls, node: str, rows: int, first: int) -> Self:
        """Evidence to which the model gives probability zero."""
        return cls(
            f"The model gives probability zero to the value of {node!r} in {rows} row(s), "
            f"first in row {first}.",
            "leave these rows out, or fit the model on a frame that has such rows.",
        )

    @classmethod
    def outside_levels(cls, node: str, found: object, levels: Iterable[object]) -> Self:
        """A value that is none of a variable's levels."""
        return cls(
            f"{node!r} cannot be {found!r}: it has the levels {listed(map(repr, levels))}.",
            "use one of these levels.",
        )

    @classmethod
    def not_a_number(cls, node: str, found: object) -> Self:
        """A value of a continuous variable that is no finite number."""
        return cls(
            f"{node!r} is continuous and cannot be {found!r}.",
            f"give a finite number, such as {node}=1.0.",
        )

    @classmethod
    def not_a_count(cls, node: str, found: object) -> Self:
        """A value of a count that is no whole number from zero."""
        return cls(
            f"{node!r} counts and cannot be {found!r}.",
            f"give a whole number from 0 upwards, such as {node}=3.",
        )

    @classmethod
    def wrong_length(cls, node: str, found: tuple[int, ...], rows: int) -> Self:
        """One value a unit, but not as many values as units."""
        return cls(
            f"{node!r} was given values of shape {found} for {rows} unit(s).",
            f"give one number for all units, or exactly {rows} values.",
        )

    @classmethod
    def no_shift(cls, node: str, levels: Iterable[object]) -> Self:
        """A shift of names."""
        return cls(
            f"{node!r} cannot be shifted: its levels are names ({listed(map(repr, levels))}).",
            f"use Set or a Policy: do={{{node!r}: Policy(lambda {node}: ...)}}.",
        )

    @classmethod
    def bad_policy(cls, found: object) -> Self:
        """A policy without readable argument names."""
        return cls(
            f"A policy is a function whose arguments name variables; found {found!r}.",
            "type Policy(lambda age, dose: ...); its arguments are the variables it reads.",
        )

    @classmethod
    def failed_policy(cls, node: str, reason: object) -> Self:
        """A policy that raised."""
        return cls(
            f"The policy for {node!r} failed: {reason}",
            "a policy gets one tensor a variable, with all units in it; write conditions with "
            "torch.where(age > 50, 1.0, 0.0), not with if.",
        )

    @classmethod
    def bad_action(cls, node: str, found: object) -> Self:
        """Something done to a variable that is no intervention."""
        return cls(
            f"Cannot do {found!r} ({type(found).__name__}) to {node!r}.",
            "give a value, or one of Set(1), Shift(+5), Policy(function), Draw(distribution).",
        )

    @classmethod
    def no_action(cls) -> Self:
        """An empty do."""
        return cls("Nothing was done to any variable.", "name a variable: do={'dose': 20}.")

    @classmethod
    def twice(cls, nodes: Iterable[str]) -> Self:
        """One variable acted on twice in one call."""
        return cls(
            f"{listed(nodes)} is acted on twice in one call.",
            "name each variable once; a second do replaces the first: model.do(x=1).do(x=2).",
        )

    @classmethod
    def bad_size(cls, what: str, found: object) -> Self:
        """A count that is no positive whole number."""
        return cls(
            f"{what} must be a positive whole number; found {found!r}.", f"type {what}=1000."
        )

    @classmethod
    def bad_parameter(cls, what: str, found: object, needed: str) -> Self:
        """A parameter of a mechanism outside its range."""
        return cls(f"{what} must be {needed}; found {found!r}.", f"give {what} as {needed}.")

    @classmethod
    def too_few_rows(cls, found: int, needed: int) -> Self:
        """A frame too small to fit anything on."""
        return cls(
            f"The frame has {found} row(s); fitting and choosing mechanisms needs {needed}.",
            "give more rows, or write the mechanisms by hand: SCM(graph, mechanisms).",
        )

    @classmethod
    def wrong_recipe(cls, node: str, recipe: object, reason: str) -> Self:
        """A family of mechanisms that does not fit a column."""
        return cls(
            f"{recipe} cannot be fitted to {node!r}: {reason}.",
            "choose another family in using={...}, or leave the node out of it to choose "
            "by cross-validated score.",
        )

    @classmethod
    def unusable_column(cls, node: str, found: object) -> Self:
        """A column of a type that is neither numbers nor names."""
        return cls(
            f"The column {node!r} holds {found}, which is neither numbers nor names.",
            "turn dates into numbers (days since a start) and other objects into names.",
        )

    @classmethod
    def unscorable(cls, node: str) -> Self:
        """Evidence on a variable whose policy reads its natural value."""
        return cls(
            f"The value of {node!r} under a policy that reads its natural value does not tell "
            "what the natural value was.",
            f"leave {node!r} out of the evidence, or use Shift, which can be undone.",
        )

    @classmethod
    def not_drawn(cls, node: str, affected: Iterable[str]) -> Self:
        """A result asked for draws of a variable that it did not recompute."""
        return cls(
            f"The result has no draws of {node!r}: the action does not influence it.",
            f"ask for one of: {listed(affected)}; every other column is as it was.",
        )

    @classmethod
    def names_have_no_mean(cls, node: str, levels: Iterable[object]) -> Self:
        """The mean of names."""
        return cls(
            f"{node!r} has no mean: its levels are names ({listed(map(repr, levels))}).",
            f"ask for result.probability({node!r}, level).",
        )

    @classmethod
    def bad_equation(cls, node: str, found: object) -> Self:
        """A right side that is no equation."""
        return cls(
            f"The equation of {node!r} is {found!r} ({type(found).__name__}).",
            "give a function whose arguments name variables and noises, such as "
            "lambda X, u=Normal(0.0, 1.0): 0.5 * X + u, a Pyro distribution, or a mechanism.",
        )

    @classmethod
    def unused_noise(cls, names: Iterable[str]) -> Self:
        """Noises that no equation reads."""
        return cls(
            f"No equation reads the noise {listed(names)}.",
            "name it as an argument of the equations that it enters, or leave it out.",
        )

    @classmethod
    def noise_and_variable(cls, names: Iterable[str]) -> Self:
        """A name used for a noise and for a variable."""
        return cls(
            f"{listed(names)} is both a variable and a noise.", "give the noise another name."
        )

    @classmethod
    def failed_equation(cls, node: str, reason: object) -> Self:
        """A user's function that does not work on tensors."""
        return cls(
            f"The equation of {node!r} failed: {reason}",
            "an equation gets one tensor an argument, with all units in it, and works on each "
            "unit by itself: write torch.exp(x), not math.exp(x), and torch.where, not if.",
        )

    @classmethod
    def not_invertible(cls, node: str, shape: str) -> Self:
        """A noise that a value does not give back."""
        return cls(
            f"The noise of {node!r} cannot be recovered from its value: its equation is {shape}.",
            f"give the equation of {node!r} a noise that knows its quantiles, such as Normal, "
            "Uniform, Laplace, Gumbel, Gamma or StudentT, or make it affine in its noise.",
        )

    @classmethod
    def shared_noise(cls, noise: str, nodes: Iterable[str]) -> Self:
        """A hidden common cause that abduction would have to infer."""
        return cls(
            f"The noise of {listed(nodes)} cannot be recovered: it reads the hidden cause "
            f"{noise!r}, which no column shows.",
            f"ask for the counterfactual itself, which infers {noise!r}; or, if {noise!r} can be "
            "measured, make it a variable.",
        )

    @classmethod
    def not_inferable(cls, block: Iterable[str], reason: str) -> Self:
        """Partial evidence that no engine can condition on."""
        return cls(
            f"The evidence leaves ({listed(block)}) partly hidden, and what is hidden cannot be "
            f"inferred: {reason}.",
            "observe the hidden variables, leave evidence out that others determine, or act on "
            "variables that do not depend on them.",
        )
