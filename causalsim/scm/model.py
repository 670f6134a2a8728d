"""A structural causal model: a graph, a mechanism for each node, and what can be asked of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final, overload

from torch.distributions import Distribution

from causalsim import frames
from causalsim.errors.learning import LearningError
from causalsim.errors.model import ModelError
from causalsim.estimand.events import Question
from causalsim.graph.graph import Graph
from causalsim.scm import report
from causalsim.scm.asking.answer import SimulatedAnswer
from causalsim.scm.asking.asked import answer_question
from causalsim.scm.conditioned import ConditionedProgram, conditioned
from causalsim.scm.counterfactual import noise_behind
from causalsim.scm.domain import Level
from causalsim.scm.engines.engine import Engine
from causalsim.scm.equations import read_equations
from causalsim.scm.fitting import Choice, fit_mechanisms
from causalsim.scm.intervention import act
from causalsim.scm.learning.engines.likelihood import MaximumLikelihood
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.parallel.asking import ask_worlds, frame_like, require_count
from causalsim.scm.parallel.result import Worlds
from causalsim.scm.program import Program
from causalsim.scm.recipe import Recipe
from causalsim.scm.result import Counterfactual
from causalsim.scm.structure import matched, redrawn
from causalsim.scm.threads import threads_for
from causalsim.scm.worlds import causal_order, draw_noises, refuse_elsewhere, require_lengths, run
from causalsim.seeds import Seed, seeded

if TYPE_CHECKING:
    from causalsim.scm.learning.learnt import Learner
    from causalsim.scm.learning.posterior import Posterior
    from causalsim.scm.learning.priors import Prior


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SCM:
    """A world that can be run: seen, acted upon, and imagined otherwise.

    Each variable is ``x = f_x(parents, U_x)`` with its own exogenous noise. Frozen: `do` gives
    another model. What is random takes ``seed=``; worlds sampled under one seed share their
    noise, so that contrasts between them are precise.

    Args:
        graph: What causes what. Every node needs a mechanism that reads its parents.
        mechanisms: The mechanism of each node.
        choices: Which families were chosen in `fit`, and why.
        like: A frame whose kind (pandas or polars) samples take; pandas if None.

    Raises:
        ModelError: A node without mechanism, a mechanism that reads other nodes than its parents.

    Examples:
        The encouragement model of Pearl, Glymour and Jewell, section 4.2.3: Joe's score had his
        homework doubled.

        >>> import pandas
        >>> from causalsim.scm import linear
        >>> model = SCM(
        ...     Graph("X -> H -> Y <- X"),
        ...     {"X": linear({}), "H": linear({"X": 0.5}), "Y": linear({"X": 0.7, "H": 0.4})},
        ... )
        >>> joe = pandas.DataFrame({"X": [0.5], "H": [1.0], "Y": [1.5]})
        >>> round(float(model.counterfactual(joe, do={"H": 2.0})["Y"][0]), 6)
        1.9

    References:
        Pearl, *Causality* (2009), definitions 7.1.1 to 7.1.5.
    """

    graph: Graph
    mechanisms: Mapping[str, Mechanism]
    choices: tuple[Choice, ...] = ()
    like: Any = None

    def __post_init__(self) -> None:
        """Check what was given."""
        ordered = matched(self.graph, self.mechanisms)
        object.__setattr__(self, "mechanisms", MappingProxyType(ordered))

    @overload
    @classmethod
    def fit(
        cls,
        graph: Graph,
        frame: Any,  # noqa: ANN401
        *,
        using: Mapping[str, Recipe] | None = None,
        by: MaximumLikelihood | None = None,
        seed: int | Seed = 0,
    ) -> "SCM": ...

    @overload
    @classmethod
    def fit(
        cls,
        graph: Graph,
        frame: Any,  # noqa: ANN401
        *,
        using: Mapping[str, Recipe] | None = None,
        by: "Learner",
        priors: "Mapping[str, Prior] | None" = None,
        seed: int | Seed = 0,
    ) -> "Posterior": ...

    @classmethod
    def fit(
        cls,
        graph: Graph,
        frame: Any,
        *,
        using: Mapping[str, Recipe] | None = None,
        by: "MaximumLikelihood | Learner | None" = None,
        priors: "Mapping[str, Prior] | None" = None,
        seed: int | Seed = 0,
    ) -> "SCM | Posterior":
        """The model whose mechanisms the rows suggest, or a `Posterior` of such models.

        For each variable the family is chosen by its type and by cross-validated log density,
        the simpler one in ties; `table` and `why` say which and why.

        Args:
            graph: All causes observed: no ``<->`` and no latent node.
            frame: One row a unit; pandas or polars; complete in the graph's columns.
            using: For some variables the family, such as ``{"dose": Linear()}``.
            by: How parameters are learnt: `MaximumLikelihood` (the default) gives a model;
                `Conjugate`, `Laplace`, `SVI` and `NUTS` give a `Posterior`.
            priors: For some variables what is believed about their parameters; the others have
                the defaults of `causalsim.scm.learning.priors`.
            seed: Root of all draws; which rows are held out when families are compared.

        Raises:
            ModelError: Hidden causes, too few rows, or a family that does not fit its variable.
            DataError: Columns that are missing, incomplete, or neither numbers nor names.

        Examples:
            >>> import pandas
            >>> rows = pandas.DataFrame({"x": [0.1 * i for i in range(40)]})
            >>> rows["y"] = 2 * rows["x"] + (rows.index % 3)
            >>> print(SCM.fit(Graph("x -> y"), rows))
            SCM of 2 variables and 1 arrow (linear: 2)
        """
        root = seeded(seed, "fit")
        frames.height(frame)
        if by is not None and not isinstance(by, MaximumLikelihood):
            from causalsim.scm.learning.learning import learn

            return learn(graph, frame, using=using or {}, by=by, priors=priors or {}, seed=root)
        if priors:
            raise LearningError.priors_without_posterior()
        with threads_for(frames.height(frame)):
            mechanisms, choices = fit_mechanisms(graph, frame, using=using or {}, seed=root)
        return cls(graph, mechanisms, choices, frames.build(frame, {}))

    @classmethod
    def from_equations(
        cls,
        equations: Mapping[str, object],
        *,
        noises: Mapping[str, Distribution] | None = None,
        levels: Mapping[str, Sequence[Level]] | None = None,
    ) -> "SCM":
        """The model that equations spell out, as a book prints them.

        Args:
            equations: For each variable a function whose arguments name the variables it reads,
                with its noise as an argument that has a Pyro distribution as default; or a Pyro
                distribution (a root); or a mechanism. Functions work on tensors, unit by unit.
            noises: Noises with names of their own. One that two equations read is a common cause
                that nobody measures: the graph shows ``<->``.
            levels: The levels of variables whose function gives numbers that are levels; truth
                values are found by themselves.

        Raises:
            ModelError: Unknown names, a cycle, a function that does not work on tensors.

        Examples:
            >>> from pyro.distributions import Normal
            >>> model = SCM.from_equations({
            ...     "X": Normal(0.0, 1.0),
            ...     "H": lambda X, u=Normal(0.0, 1.0): 0.5 * X + u,
            ...     "Y": lambda X, H, u=Normal(0.0, 1.0): 0.7 * X + 0.4 * H + u,
            ... })
            >>> print(model.graph)
            X -> H
            X -> Y
            H -> Y
        """
        graph, mechanisms = read_equations(equations, noises or {}, levels or {})
        return cls(graph, mechanisms)

    def do(self, actions: Mapping[Any, object] | None = None, /, **values: object) -> "SCM":
        """The model in which these variables are acted upon.

        Doing twice is doing last: an action replaces an earlier one on the same variable, and
        `Shift` and `Policy` see the value that the variable has naturally.

        Args:
            actions: For each variable a value, one value a unit, or a `Set`, `Shift`, `Policy`
                or `Draw`; for names that are no Python names too.
            values: The same, by keyword.

        Raises:
            ModelError: An unknown variable, an action that it does not allow, or a policy that
                reads what its target influences.

        Examples:
            >>> from causalsim.scm import Shift, linear
            >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})})
            >>> print(model.do(x=1).do({"x": Shift(+5)}).graph)
            x -> y
        """
        given = dict(actions or {})
        if both := [node for node in values if node in given]:
            raise ModelError.twice(both)
        hidden = frozenset(self.mechanisms).difference(self.graph.observed)
        replaced = act(self.mechanisms, {**given, **values}, hidden)
        refuse_elsewhere(replaced)
        causal_order(replaced)
        return replace(self, graph=redrawn(self.graph, replaced), mechanisms=replaced)

    def sample(self, n: int, *, seed: int | Seed = 0) -> Any:  # noqa: ANN401
        """Units drawn from the model.

        The noise of each variable comes from the seed and the variable's name alone, so the same
        seed gives the same people in every world: ``model.do(x=1).sample(n)["y"].mean() -
        model.do(x=0).sample(n)["y"].mean()`` has little noise.

        Args:
            n: How many.
            seed: Root of the draws.

        Returns:
            A frame with a column for each variable that can be observed, in the graph's order.

        Raises:
            ModelError: ``n`` is no positive whole number, or one value a unit was set for another
                number of units.
        """
        require_count("n", n)
        require_lengths(self.mechanisms, n)
        with threads_for(n * len(self.mechanisms)):
            noises = draw_noises(self.mechanisms, (n,), seeded(seed, "sample"))
            values = run(self.mechanisms, noises, {}, self.mechanisms)
        columns = {
            node: self.mechanisms[node].domain.decode(values[node].expand(n))
            for node in self.graph.observed
        }
        return frames.build(frame_like(self.like), columns)

    def counterfactual(
        self,
        frame: Any,  # noqa: ANN401
        *,
        do: Mapping[Any, object],
        draws: int = 1,
        by: Engine | None = None,
        seed: int | Seed = 0,
    ) -> Counterfactual:
        """What these very units would have been under an action.

        Abduction, action, prediction: each unit's noise is recovered from its row, then the
        targets and all that they influence are produced anew from the same noise.

        Args:
            frame: One row a unit. Variables without a column are hidden and inferred.
            do: For each target a value, one value a unit, or an intervention.
            draws: How often noises that the evidence leaves uncertain (those of discrete
                variables) are drawn.
            by: `Particles` for what is hidden, to have more of them; else the cheapest engine is
                chosen: Gaussian conditioning where the hidden enter linearly, else particles.
            seed: Root of the draws.

        Returns:
            The result; ``result["y"]`` is a column, ``result.frame`` the frame.

        Raises:
            ModelError: An unknown target, impossible evidence, hidden variables that no engine
                can infer.
            DataError: Incomplete columns, or columns of another type than those fitted.
        """
        found = self.worlds({"imagined": do}, frame, draws=draws, by=by, seed=seed)
        return found["imagined"]

    def worlds(
        self,
        worlds: Mapping[str, Mapping[Any, object]],
        evidence: Any = None,  # noqa: ANN401
        *,
        units: int | None = None,
        draws: int = 1,
        by: Engine | None = None,
        seed: int | Seed = 0,
    ) -> Worlds:
        """The same units in many worlds, with the same noise in all of them.

        Args:
            worlds: For each name what is done there, as in `do`; nothing in the actual world.
            evidence: The frame that was seen in the actual world; or for some of the worlds the
                frame that was seen there. Variables without a column are hidden and inferred.
            units: How many new units, where there is no evidence.
            draws: How often noises that the evidence leaves uncertain are drawn.
            by: The engine for what is hidden; None for the cheapest exact one.
            seed: Root of the draws.

        Raises:
            ModelError: Unknown worlds or targets, impossible evidence, hidden variables that no
                engine can infer.
            DataError: Incomplete columns, or columns of another type than those fitted.

        Examples:
            >>> import pandas
            >>> from causalsim.scm import linear
            >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})})
            >>> seen = pandas.DataFrame({"x": [1.0, 3.0], "y": [2.5, 5.0]})
            >>> both = model.worlds({"control": {"x": 0.0}, "treated": {"x": 1.0}}, seen)
            >>> (both["treated"]["y"] - both["control"]["y"]).tolist()
            [2.0, 2.0]
        """
        return ask_worlds(
            self, worlds, evidence, units=units, draws=draws, by=by, seed=seeded(seed)
        )

    def answer(
        self,
        question: Question | str,
        *,
        draws: int = 100_000,
        by: Engine | None = None,
        seed: int | Seed = 0,
    ) -> SimulatedAnswer:
        """The answer to any question of the three rungs, as `causalsim.identify` takes it.

        Exact where everything that matters has levels, and for means of linear Gaussian models;
        else drawn, with a standard error.

        Args:
            question: A `Query`, `Probability`, `Expectation`, a contrast of them, or its text. A
                continuous variable that is left free stands for its mean.
            draws: How many draws, where the answer is not exact.
            by: The engine for what is hidden, which then draws; None for the cheapest exact one.
            seed: Root of the draws.

        Raises:
            QueryError: A text that cannot be read.
            ModelError: Unknown variables or levels, what is known has probability zero.

        Examples:
            >>> from causalsim.scm import frequencies, logistic
            >>> mechanisms = {"x": frequencies({0: 0.5, 1: 0.5}), "y": logistic({"x": 1.0})}
            >>> print(SCM(Graph("x -> y"), mechanisms).answer("P(y(x=0)=0 | x=1, y=1)"))
            P(y(x=0)=0 | x=1, y=1) = 0.31606 (exact)
        """
        return answer_question(self, question, draws=draws, by=by, seed=seeded(seed, "answer"))

    def abduct(self, frame: Any, *, seed: int | Seed = 0) -> Any:  # noqa: ANN401
        """The noise behind each row: a frame with a column ``U_x`` for each variable with noise.

        A Gumbel-max variable has a column ``U_x[level]`` for each level.

        Args:
            frame: One row a unit, with every variable observed.
            seed: Root of the draws for variables whose value leaves many noises possible.

        Raises:
            ModelError: A variable is not observed, or a value is impossible.
            DataError: Incomplete columns, or columns of another type than those fitted.
        """
        root = seeded(seed, "counterfactual")
        columns = noise_behind(self.mechanisms, frame, self.graph.nodes, root)
        return frames.build(frame, columns)

    def program(self) -> Program:
        """The model as a Pyro program; `Program` documents its sites and plate.

        >>> from causalsim.scm import linear
        >>> sorted(SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})}).program()(2))
        ['x', 'y']
        """
        return Program(self.mechanisms)

    def conditioned(self, frame: Any) -> ConditionedProgram:  # noqa: ANN401
        """The model as a Pyro program given the columns of a frame; `ConditionedProgram` tells.

        Args:
            frame: One row a unit. Variables without a column are hidden and left to inference.
        """
        return conditioned(self.mechanisms, frame)

    def table(self) -> Any:  # noqa: ANN401
        """Which mechanism each variable has, and why: one row a variable."""
        return frames.build(frame_like(self.like), report.columns(self.mechanisms, self.choices))

    @property
    def equations(self) -> str:
        """The mechanisms as equations, in causal order."""
        return "\n".join(found.describe(node) for node, found in self.mechanisms.items())

    @property
    def why(self) -> str:
        """Which family each variable has and why, a line each."""
        return report.why(self.mechanisms, self.choices)

    def to_dict(self) -> dict[str, object]:
        """The model in words: graph, equations, choices."""
        return {
            "graph": str(self.graph),
            "equations": self.equations.splitlines(),
            "why": self.why.splitlines(),
        }

    def __str__(self) -> str:
        """In a few words."""
        return report.headline(self.graph, self.mechanisms, self.choices)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The table that notebooks show."""
        return report.html(str(self), report.columns(self.mechanisms, self.choices))
