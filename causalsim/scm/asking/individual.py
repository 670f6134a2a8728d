"""What an action does to each single unit, and whether a decision would have been another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.asking import AskingError
from causalsim.estimand.query import Level
from causalsim.scm.domain import Levels
from causalsim.scm.engines.engine import Engine
from causalsim.scm.parallel.asking import Model, ask_worlds
from causalsim.scm.parallel.draws import Draws
from causalsim.scm.parallel.result import Worlds
from causalsim.seeds import Seed, seeded

Array = NDArray[np.float64]


def individual_effects(
    model: Model,
    frame: Any,  # noqa: ANN401
    outcome: str,
    treatment: str,
    to: Level = 1,
    baseline: Level = 0,
    *,
    draws: int = 1,
    by: Engine | None = None,
    seed: int | Seed = 0,
) -> Draws:
    """The effect on each unit, Y(to) - Y(baseline), given all that was observed of it (the ITE).

    Args:
        model: The structural causal model.
        frame: The units.
        outcome: Y.
        treatment: X.
        to: The level whose effect is asked for.
        baseline: The level that it is compared with.
        draws: How often noises that the evidence leaves uncertain are drawn.
        by: The engine for what is hidden.
        seed: Root of the draws.

    Returns:
        Draws of the effect; ``.mean()`` is one number a unit.

    Examples:
        >>> import pandas
        >>> from causalsim import Graph
        >>> from causalsim.scm import SCM, linear
        >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})})
        >>> seen = pandas.DataFrame({"x": [0.0, 3.0], "y": [1.0, 5.0]})
        >>> individual_effects(model, seen, "y", "x").mean().tolist()
        [2.0, 2.0]
    """
    worlds = {"to": {treatment: to}, "baseline": {treatment: baseline}}
    stream = seeded(seed)
    found = ask_worlds(
        model, worlds, frame, units=None, draws=draws, by=by, seed=stream, only=(outcome,)
    )
    return found["to"].draws(outcome) - found["baseline"].draws(outcome)


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fairness:
    """How far a decision about each unit hangs on a protected attribute of it.

    Args:
        protected: The attribute.
        decision: What is decided, in words.
        levels: The levels that the attribute was set to.
        decisions: The expected decision about each unit at each level, of shape (levels, units).
        worlds: The worlds that were compared.
    """

    protected: str
    decision: str
    levels: tuple[Level, ...]
    decisions: Array
    worlds: Worlds

    @property
    def gaps(self) -> Array:
        """For each unit the greatest difference that the attribute makes to it."""
        return np.asarray(self.decisions.max(axis=0) - self.decisions.min(axis=0))

    def fair(self, tolerance: float = 1e-9) -> bool:
        """Whether no unit's decision would have been another, but for the tolerance."""
        return bool((self.gaps <= tolerance).all())

    @property
    def why(self) -> str:
        """What was compared, in English."""
        return (
            f"For each of {self.gaps.size} units {self.decision} was found as it would be with "
            f"{self.protected} set to each of {', '.join(map(str, self.levels))}, all else that "
            f"made the unit what it is unchanged. The greatest difference is "
            f"{self.gaps.max():.4g}, the average {self.gaps.mean():.4g}. "
            f"{self.worlds.diagnostics}."
        )

    def to_dict(self) -> dict[str, object]:
        """The verdict without its rows."""
        return {
            "protected": self.protected,
            "decision": self.decision,
            "levels": list(self.levels),
            "greatest": float(self.gaps.max()),
            "average": float(self.gaps.mean()),
        }

    def __str__(self) -> str:
        """In a few words."""
        verdict = "counterfactually fair" if self.fair() else "not counterfactually fair"
        return f"{verdict} to {self.protected}: {self.decision} differs by {self.gaps.max():.4g}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The verdict as notebooks show it."""
        from html import escape

        return f"<p>{escape(str(self))}</p><p>{escape(self.why)}</p>"


def counterfactual_fairness(
    model: Model,
    frame: Any,  # noqa: ANN401
    decision: str | Callable[[Any], Any],
    protected: str,
    levels: Sequence[Level] | None = None,
    *,
    draws: int = 1,
    by: Engine | None = None,
    seed: int | Seed = 0,
) -> Fairness:
    """Whether a decision about each unit would have been the same, had it had another attribute.

    Fair means that the decision has the same distribution in the actual world and in the world
    where the same individual belongs to another group. It rests on the model: what the attribute
    influences must be drawn in it.

    Args:
        model: The structural causal model.
        frame: The units.
        decision: A variable of the model; or a predictor, a function from a frame to one number a
            row (it sees one draw of each world).
        protected: The attribute.
        levels: What it is set to; its own levels if None.
        draws: How often noises that the evidence leaves uncertain are drawn.
        by: The engine for what is hidden.
        seed: Root of the draws.

    Raises:
        AskingError: A continuous attribute without levels, a predictor that gives something else
            than one number a row.

    Examples:
        >>> import pandas
        >>> from causalsim import Graph
        >>> from causalsim.scm import SCM, frequencies, linear
        >>> model = SCM(
        ...     Graph("group -> income <- skill"),
        ...     {
        ...         "group": frequencies({0: 0.5, 1: 0.5}),
        ...         "skill": linear({}),
        ...         "income": linear({"group": 1.0, "skill": 2.0}),
        ...     },
        ... )
        >>> people = pandas.DataFrame({"group": [0], "skill": [1.0], "income": [2.0]})
        >>> print(counterfactual_fairness(model, people, lambda row: row["income"], "group"))
        not counterfactually fair to group: the prediction differs by 1
        >>> counterfactual_fairness(model, people, lambda row: row["skill"], "group").fair()
        True

    References:
        Kusner, Loftus, Russell and Silva, "Counterfactual fairness" (2017), definition 5.
    """
    found = levels
    if found is None:
        domain = model.mechanisms[protected].domain if protected in model.mechanisms else None
        if domain is not None and not isinstance(domain, Levels):
            raise AskingError.continuous_axis(protected)
        found = domain.levels if domain is not None else (0, 1)
    worlds = {str(level): {protected: level} for level in found}
    stream = seeded(seed)
    made = ask_worlds(model, worlds, frame, units=None, draws=draws, by=by, seed=stream)
    if isinstance(decision, str):
        rows = [made[world].draws(decision).mean() for world in made]
        return Fairness(protected, decision, tuple(found), np.stack(rows), made)
    rows = []
    for world in made:
        numbers = np.asarray(decision(made[world].frame), dtype=np.float64)
        if numbers.shape != (len(made[world]),):
            raise AskingError.bad_predictor(numbers.shape, len(made[world]))
        rows.append(numbers)
    return Fairness(protected, "the prediction", tuple(found), np.stack(rows), made)
