"""The verbs of a model: act on it, sample it, imagine its units otherwise, ask it.

Each is a function whose first argument is the model; `SCM` has them as methods.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from causalsim import frames
from causalsim.errors.model import ModelError
from causalsim.estimand.events import Question
from causalsim.scm.asking.answer import SimulatedAnswer
from causalsim.scm.asking.asked import answer_question
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.engines.engine import Engine
from causalsim.scm.imagining.counterfactual import noise_behind
from causalsim.scm.intervention import act
from causalsim.scm.parallel.asking import Model, ask_worlds, frame_like, require_count
from causalsim.scm.parallel.result import Worlds
from causalsim.scm.result import Counterfactual
from causalsim.scm.worlds import causal_order, draw_noises, refuse_elsewhere, require_lengths, run
from causalsim.scm.writing.structure import redrawn
from causalsim.seeds import Seed, seeded

if TYPE_CHECKING:
    from causalsim.scm.model import SCM


def do_to(model: "SCM", actions: Mapping[Any, object] | None = None, /, **values: object) -> "SCM":
    """The model in which these variables are acted upon.

    Doing twice is doing last: an action replaces an earlier one on the same variable, and `Shift`
    and `Policy` see the value that the variable has naturally.

    Args:
        model: The model.
        actions: For each variable a value, one value a unit, or a `Set`, `Shift`, `Policy`, `Draw`,
            `Imperfect` or `Replace`; for names that are no Python names too. An `Edge` in place of
            a variable acts on what one child sees of one parent.
        values: The same, by keyword.

    Raises:
        ModelError: An unknown variable, an action that it does not allow, or a policy that reads
            what its target influences.

    Examples:
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.scm import SCM, Shift, linear
        >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})})
        >>> print(model.do(x=1).do({"x": Shift(+5)}).graph)
        x -> y
    """
    given = dict(actions or {})
    if both := [node for node in values if node in given]:
        raise ModelError.twice(both)
    hidden = frozenset(model.mechanisms).difference(model.graph.observed)
    replaced = act(model.mechanisms, {**given, **values}, hidden)
    refuse_elsewhere(replaced)
    causal_order(replaced)
    return replace(model, graph=redrawn(model.graph, replaced), mechanisms=replaced)


def sample_from(model: Model, n: int, *, seed: int | Seed = 0) -> Any:  # noqa: ANN401
    """Units drawn from the model.

    The noise of each variable comes from the seed and the variable's name alone, so the same seed
    gives the same people in every world: ``model.do(x=1).sample(n)["y"].mean() -
    model.do(x=0).sample(n)["y"].mean()`` has little noise.

    Args:
        model: The model.
        n: How many.
        seed: Root of the draws.

    Returns:
        A frame with a column for each variable that can be observed, in the graph's order.

    Raises:
        ModelError: ``n`` is no positive whole number, or one value a unit was set for another
            number of units.
    """
    require_count("n", n)
    require_lengths(model.mechanisms, n)
    with threads_for(n * len(model.mechanisms)):
        noises = draw_noises(model.mechanisms, (n,), seeded(seed, "sample"))
        values = run(model.mechanisms, noises, {}, model.mechanisms)
    columns = {
        node: model.mechanisms[node].domain.decode(values[node].expand(n))
        for node in model.graph.observed
    }
    return frames.build(frame_like(model.like), columns)


def imagine_rows(
    model: Model,
    frame: Any,  # noqa: ANN401
    *,
    do: Mapping[Any, object],
    draws: int = 1,
    by: Engine | None = None,
    seed: int | Seed = 0,
) -> Counterfactual:
    """What these very units would have been under an action.

    Abduction, action, prediction: each unit's noise is recovered from its row, then the targets and
    all that they influence are produced anew from the same noise. It is the case of one world of
    `show_worlds`.

    Args:
        model: The model.
        frame: One row a unit. Variables without a column are hidden and inferred.
        do: For each target a value, one value a unit, or an intervention.
        draws: How often noises that the evidence leaves uncertain (those of discrete variables)
            are drawn.
        by: The engine for what is hidden, such as `Particles(10_000)`; None for the cheapest one
            that is exact, else particles.
        seed: Root of the draws.

    Returns:
        The result; ``result["y"]`` is a column, ``result.frame`` the frame.

    Raises:
        ModelError: An unknown target, impossible evidence, hidden variables that no engine can
            infer.
        DataError: Incomplete columns, or columns of another type than those fitted.
    """
    if not isinstance(do, Mapping) or not do:
        act(model.mechanisms, do, frozenset())  # says what is wrong
    worlds = {"imagined": do}
    found = show_worlds(model, worlds, frame, draws=draws, by=by, seed=seed)
    return found["imagined"]


def show_worlds(
    model: Model,
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
        model: The model.
        worlds: For each name what is done there, as in `do`; ``{}`` in the actual world. `From`
            takes the value that a variable has in another of these worlds.
        evidence: The frame that was seen in the actual world; or for some of the worlds the frame
            that was seen there, row by row the same units. Variables without a column are hidden
            and inferred.
        units: How many new units, where there is no evidence.
        draws: How often noises that the evidence leaves uncertain are drawn.
        by: The engine for what is hidden; None for the cheapest one that is exact, else particles.
        seed: Root of the draws.

    Raises:
        ModelError: Unknown worlds or targets, impossible evidence, hidden variables that no engine
            can infer.
        DataError: Incomplete columns, or columns of another type than those fitted.

    Examples:
        >>> import pandas
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.scm import SCM, linear
        >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})})
        >>> seen = pandas.DataFrame({"x": [1.0, 3.0], "y": [2.5, 5.0]})
        >>> both = model.worlds({"control": {"x": 0.0}, "treated": {"x": 1.0}}, seen)
        >>> (both["treated"]["y"] - both["control"]["y"]).tolist()
        [2.0, 2.0]

    References:
        Balke and Pearl, "Probabilistic evaluation of counterfactual queries" (1994), for two
        worlds; Shpitser and Pearl, "What counterfactuals can be tested" (2007), for any number.
    """
    root = seeded(seed)
    return ask_worlds(model, worlds, evidence, units=units, draws=draws, by=by, seed=root)


def answer_to(
    model: Model,
    question: Question | str,
    *,
    draws: int = 100_000,
    by: Engine | None = None,
    seed: int | Seed = 0,
) -> SimulatedAnswer:
    """The answer to any question of the three rungs, as `causalsim.identify` takes it.

    Exact where everything that matters has levels, and for means of linear Gaussian models; else
    drawn, with a standard error. Named contrasts (effects on the treated, direct and indirect
    effects, probabilities of causation) are questions made by `causalsim.estimand.contrasts` and
    `causalsim.estimand.path_specific_effect`.

    Args:
        model: The model.
        question: A `Query`, `Probability`, `Expectation`, a contrast of them, or its text. A
            continuous variable that is left free stands for its mean.
        draws: How many draws, where the answer is not exact.
        by: The engine for what is hidden, which then draws; None for the cheapest exact one.
        seed: Root of the draws.

    Raises:
        QueryError: A text that cannot be read.
        ModelError: Unknown variables or levels; what is known has probability zero.

    Examples:
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.scm import SCM, frequencies, logistic
        >>> mechanisms = {"x": frequencies({0: 0.5, 1: 0.5}), "y": logistic({"x": 1.0})}
        >>> print(SCM(Graph("x -> y"), mechanisms).answer("P(y(x=0)=0 | x=1, y=1)"))
        P(y(x=0)=0 | x=1, y=1) = 0.31606 (exact)

    References:
        Pearl, *Causality* (2009), section 7.1; Correa, Lee and Bareinboim, "Nested counterfactual
        identification from arbitrary surrogate experiments" (2021), for the questions.
    """
    return answer_question(model, question, draws=draws, by=by, seed=seeded(seed, "answer"))


def noise_of_rows(model: Model, frame: Any, *, seed: int | Seed = 0) -> Any:  # noqa: ANN401
    """The noise behind each row: a frame with a column ``U_x`` for each variable with noise.

    A Gumbel-max variable has a column ``U_x[level]`` for each level.

    Args:
        model: The model.
        frame: One row a unit, with every variable observed.
        seed: Root of the draws for variables whose value leaves many noises possible.

    Raises:
        ModelError: A variable is not observed, or a value is impossible.
        DataError: Incomplete columns, or columns of another type than those fitted.
    """
    root = seeded(seed, "counterfactual")
    columns = noise_behind(model.mechanisms, frame, model.graph.nodes, root)
    return frames.build(frame, columns)
