"""A structural causal model whose parameters are uncertain: draws of models, and what they say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.learning import LearningError
from causalsim.graph.graph import Graph
from causalsim.scm.fitting import Choice
from causalsim.scm.learning import checking, predicting, telling, together
from causalsim.scm.learning.drawn import Drawn
from causalsim.scm.learning.engines.conjugate import require_count
from causalsim.scm.learning.learnt import Learnt
from causalsim.scm.learning.uncertain import Uncertain, central
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.model import SCM
from causalsim.seeds import Seed, seeded


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Posterior:
    """What the rows leave open about a model's parameters: as many models as there are draws.

    Each mechanism has parameters and a prior of its own and every cause is observed, so the
    posteriors of different mechanisms are independent of each other and are learnt one by one.

    Parameters are named ``variable.parameter``: ``y.intercept``, ``y.x``, ``y.sd``,
    ``y.P(1 | x=0)``. Every answer keeps apart what the parameters leave open and what noise
    does; see `Uncertain`.

    Args:
        graph: What causes what.
        learnt: The draws of each mechanism's parameters, in causal order.
        choices: Which families, and why.
        like: A frame of the kind that results take.
        doubts: What speaks against the draws; empty where nothing does.
        actions: What `do` did.

    Examples:
        >>> import pandas
        >>> from causalsim.scm.learning.engines.conjugate import Conjugate
        >>> rows = pandas.DataFrame({"x": [0.1 * i for i in range(40)]})
        >>> rows["y"] = 2 * rows["x"] + (rows.index % 3)
        >>> posterior = SCM.fit(Graph("x -> y"), rows, by=Conjugate(), seed=1)
        >>> print(posterior)
        Posterior of 5 parameters in 1000 draws (closed form: 2)
        >>> effect = posterior.effect("y", do={"x": 1.0}, versus={"x": 0.0}, n=50)
        >>> effect.noise_sd < 1e-9 < effect.parameter_sd
        True

    References:
        Gelman et al., *Bayesian Data Analysis* (2013), chapter 8.1 (one likelihood a variable);
        Spiegelhalter and Lauritzen, "Sequential updating of conditional probabilities on directed
        graphical structures" (1990), global parameter independence.
    """

    graph: Graph
    learnt: Mapping[str, Learnt]
    choices: tuple[Choice, ...]
    like: Any
    doubts: tuple[str, ...] = ()
    actions: tuple[Mapping[str, object], ...] = ()

    def __len__(self) -> int:
        """How many draws there are."""
        return min(len(found.parameters) for found in self.learnt.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, ``variable.parameter``."""
        return tuple(name for name, _ in telling.named(self.learnt))

    @property
    def parameters(self) -> Any:  # noqa: ANN401
        """The draws: a column a parameter, a row a draw."""
        return frames.build(self.like, {name: self.draws(name) for name in self.names})

    def draws(self, name: str) -> NDArray[np.float64]:
        """The draws of one parameter.

        Raises:
            LearningError: No such parameter.
        """
        for full, column in telling.named(self.learnt):
            if full == name:
                return np.array(column[: len(self)], copy=True)
        raise LearningError.unknown_parameter(name, self.names)

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """The central credible interval of one parameter."""
        return central(self.draws(name), level)

    @property
    def model(self) -> SCM:
        """The model whose parameters are the posterior means.

        A plug-in: functions of the parameters that are not linear are better averaged over
        draws, as `sample`, `effect` and `counterfactual` do.
        """
        return self._model({n: found.parameters.mean(dim=0) for n, found in self.learnt.items()})

    def draw(self, number: int) -> SCM:
        """The model of one draw of the parameters, from 0 to ``len(self) - 1``."""
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(self):
            raise LearningError.bad_parameter("the draw", number, f"from 0 to {len(self) - 1}")
        return self._model({n: found.parameters[number] for n, found in self.learnt.items()})

    def models(self, draws: int | None = None) -> Iterator[SCM]:
        """The models of all draws, or of some spread evenly among them."""
        for number in self._numbers(draws):
            yield self.draw(number)

    def do(self, actions: Mapping[str, object] | None = None, /, **values: object) -> "Posterior":
        """The posterior of the model in which these variables are acted upon; as `SCM.do`."""
        given = {**(actions or {}), **values}
        found = replace(self, actions=(*self.actions, given))
        _ = found.model  # a misuse is told now, not when the first draw is asked for
        return found

    def sample(self, n: int, *, draws: int | None = None, seed: int | Seed = 0) -> Drawn:
        """Units under every draw of the parameters: the posterior predictive.

        All draws of the parameters, and all worlds under one seed, share the noise.

        Args:
            n: How many units.
            draws: How many draws of the parameters; None for all.
            seed: Root of the noise.
        """
        require_count("n", n)
        return predicting.sampled(self.models(draws), n, self.like, seeded(seed, "sample"))

    def counterfactual(
        self,
        frame: Any,  # noqa: ANN401
        *,
        do: Mapping[str, object],
        draws: int | None = None,
        noises: int = 1,
        seed: int | Seed = 0,
    ) -> Drawn:
        """What these units would have been, under every draw of the parameters.

        Args:
            frame: One row a unit, as in `SCM.counterfactual`.
            do: What is done.
            draws: How many draws of the parameters; None for all.
            noises: How many draws of what the evidence leaves open about the noise; more than one
                tells noise from parameters unit by unit.
            seed: Root of the draws.
        """
        require_count("noises", noises)
        root = seeded(seed, "counterfactual")
        return predicting.imagined(
            self._numbers(draws), self.draw, self._together, frame, do, noises, self.like, root
        )

    def effect(
        self,
        outcome: str,
        *,
        do: Mapping[str, object],
        versus: Mapping[str, object],
        n: int = 1000,
        draws: int | None = None,
        seed: int | Seed = 0,
    ) -> Uncertain:
        """The contrast of two actions on the same units: ``outcome(do) - outcome(versus)``.

        Its ``interval().parameters`` is the credible interval of the average effect. The units
        are simulated, so an average that depends on them carries ``noise_sd / sqrt(n)``.

        Args:
            outcome: A variable with numbers.
            do: What is done in one world.
            versus: What is done in the other.
            n: How many units.
            draws: How many draws of the parameters; None for all.
            seed: Root of the noise, which both worlds share.
        """
        worlds = [self.do(world).sample(n, draws=draws, seed=seed) for world in (do, versus)]
        return worlds[0][outcome] - worlds[1][outcome]

    def prior(self, *, draws: int | None = None, seed: int | Seed = 0) -> "Posterior":
        """The same before any row was seen: ``prior().sample(n)`` is the prior predictive."""
        count = len(self) if draws is None else draws
        require_count("draws", count)
        root = seeded(seed, "prior")
        found = {
            node: Learnt(one.part, one.part.prior(count, root.child(node)), "prior", exact=True)
            for node, one in self.learnt.items()
        }
        return replace(self, learnt=found, doubts=checking.doubts_about(found))

    @property
    def diagnostics(self) -> Any:  # noqa: ANN401
        """A row a parameter: mean, sd, 95 % interval, R-hat, bulk and tail ESS, engine."""
        ends = [self.interval(name) for name in self.names]
        return frames.build(self.like, checking.table(self.learnt, ends))

    def to_inferencedata(self) -> Any:  # noqa: ANN401
        """The draws for ArviZ: group ``posterior``, and ``prior`` with as many draws."""
        return predicting.inference_data(self.learnt, self.prior().learnt)

    @property
    def why(self) -> str:
        """For each variable its family, its prior and the engine; then doubts."""
        return telling.why(self.learnt, self.choices, self.doubts)

    def to_dict(self) -> dict[str, object]:
        """Means, intervals, engines and doubts."""
        found = {"graph": str(self.graph), "draws": len(self), "doubts": list(self.doubts)}
        return {**found, **telling.numbers(self.learnt)}

    def __str__(self) -> str:
        """In a few words, doubts included."""
        return telling.headline(self.learnt, len(self), self.doubts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The parameters as notebooks show them."""
        return telling.html(str(self), self.learnt)

    def _model(self, parameters: Mapping[str, torch.Tensor]) -> SCM:
        """The model with these parameters, acted upon."""
        parts = self.learnt.items()
        return self._acted({n: found.part.mechanism(parameters[n]) for n, found in parts})

    def _together(self, numbers: Sequence[int]) -> tuple[SCM, frozenset[str]]:
        """Some draws as one model, and the variables whose mechanism holds all of them."""
        mechanisms, held = together.mechanisms_together(self.learnt, numbers)
        return self._acted(mechanisms), held

    def _numbers(self, draws: int | None) -> list[int]:
        """The numbers of all draws, or of some spread evenly among them."""
        count = len(self) if draws is None else draws
        require_count("draws", count)
        spread = np.linspace(0, len(self) - 1, min(count, len(self))).round()
        return [int(number) for number in spread]

    def _acted(self, mechanisms: Mapping[str, Mechanism]) -> SCM:
        """The model of these mechanisms, acted upon."""
        model = SCM(self.graph, mechanisms, self.choices, self.like)
        for action in self.actions:
            model = model.do(action)
        return model
