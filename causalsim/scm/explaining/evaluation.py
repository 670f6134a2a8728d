"""Whether each mechanism of a model is good enough for rows that were observed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim import frames
from causalsim.errors.explaining import ExplainingError
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.domain import Levels
from causalsim.scm.engines.problem.density import log_density
from causalsim.scm.explaining.dependence import adjusted, between, uniformity, with_parent
from causalsim.scm.explaining.verdicts import Evaluation, Verdict
from causalsim.scm.explaining.worlds_of_noises import Mechanisms
from causalsim.scm.imagining.abduction import read_evidence, recover
from causalsim.scm.mechanism import Coupling, Mechanism, Values
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.mechanisms.parts.quantiles import drawn_between
from causalsim.scm.noise import cumulative, has_quantiles, is_noiseless
from causalsim.scm.parallel.asking import Model
from causalsim.seeds import Seed, seeded

_FEWEST_ROWS = 20
#: Noise that is this small beside the variable's spread is that of floating-point numbers.
_ROUNDING = 1e-8


def evaluate(
    model: Model,
    frame: Any,  # noqa: ANN401
    *,
    level: float = 0.05,
    seed: int | Seed = 0,
) -> Evaluation:
    """Whether each mechanism is good enough for these rows: three questions, a verdict each.

    *Calibration*: the noise behind each row, put through its own distribution function, is
    uniform if the mechanism is right (the probability integral transform; variables with levels
    have it drawn within their level's interval); Kolmogorov and Smirnov's distance judges.
    *Independence*: it is independent of each parent and of the other noises, in place and in
    spread; rank correlations judge, Kruskal and Wallis for names. *Invertibility*: noise put back
    gives the row again. The p-values are corrected together (Holm). A verdict is bad only where
    the fault is both significant and large, so that a million rows do not condemn a good model.

    On the rows that the model was fitted to, the tests are lenient: parameters were chosen to fit.
    Rows held out are a fairer judge. A good verdict is no proof: other models, with other arrows,
    may pass as well.

    Args:
        model: The model.
        frame: At least twenty rows with every variable that can be observed.
        level: The chance of condemning any mechanism of a model that is right.
        seed: Root of the draws for variables whose value leaves many noises possible.

    Raises:
        ExplainingError: Too few rows, or no model.
        ModelError: Rows that the model gives probability zero.
        DataError: Columns that are missing or incomplete.

    Examples:
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.scm import SCM, linear
        >>> graph = Graph("x -> y")
        >>> model = SCM(graph, {"x": linear({}), "y": linear({"x": 2.0})})
        >>> print(evaluate(model, model.sample(500, seed=1)))
        2 mechanisms on 500 rows: no fault found
        >>> other = SCM(graph, {"x": linear({}), "y": linear({"x": 2.5})})
        >>> print(evaluate(other, model.sample(500, seed=1)))
        2 mechanisms on 500 rows: y at fault

    References:
        Dawid, "The prequential approach" (1984), for the transform; Holm, "A simple sequentially
        rejective multiple test procedure" (1979).
    """
    if not hasattr(model, "mechanisms") or not hasattr(model, "graph"):
        raise ExplainingError.not_a_model("the model", model)
    if not isinstance(level, float) or not 0.0 < level < 1.0:
        raise ExplainingError.bad_parameter("the level", level, "a number between 0 and 1")
    if (height := frames.height(frame)) < _FEWEST_ROWS:
        raise ExplainingError.few_rows(height, _FEWEST_ROWS)
    root = seeded(seed, "evaluate")
    mechanisms = model.mechanisms
    observed = set(model.graph.observed)
    seen = [node for node in mechanisms if node in observed]
    frames.require(frame, seen)
    values = read_evidence(frame, mechanisms, seen)
    verdicts: dict[str, Verdict] = {}
    scores: dict[str, NDArray[np.float64]] = {}
    with threads_for(height * len(seen)):
        for node in seen:
            verdicts[node], score = _looked_at(mechanisms, node, values, root)
            if score is not None:
                scores[node] = score
    findings = [
        found
        for node, score in scores.items()
        for found in (
            uniformity(node, score),
            *(
                with_parent(node, score, parent, values[parent].numpy(), _named(mechanisms, parent))
                for parent in mechanisms[node].parents
            ),
        )
    ]
    findings += between(scores)
    judged = tuple(found for found in adjusted(findings) if found is not None)
    return Evaluation(
        {
            node: replace(one, findings=tuple(f for f in judged if f.node == node))
            for node, one in verdicts.items()
        },
        height,
        level,
        frames.build(frame, {}),
    )


def _looked_at(
    mechanisms: Mechanisms, node: str, values: Values, seed: Seed
) -> tuple[Verdict, NDArray[np.float64] | None]:
    """How one mechanism inverts, its log density, and its scores between 0 and 1."""
    mechanism = mechanisms[node]
    told = Verdict(node, mechanism.coupling)
    if hidden := [name for name in mechanism.parents if name not in values]:
        return replace(
            told, silence=f"it listens to {', '.join(hidden)}, which no column shows"
        ), None
    noises = recover(mechanisms, values, [node], draws=1, seed=seed)
    if is_noiseless(mechanism.noise):
        return replace(told, silence="it has no noise, and every row obeys it"), None
    noise = noises[node]
    if noise.dim() > len(mechanism.noise.event_shape) + 1:
        noise = noise[0]
    again = mechanism.produce(values, noise)
    size = float(values[node].std()) or 1.0
    told = replace(
        told,
        round_trip=float((again - values[node]).abs().max()) / size,
        log_density=float(log_density(mechanism, values, values[node]).mean()),
    )
    if float(noise.abs().max()) < _ROUNDING * size and mechanism.coupling is Coupling.INVERSION:
        return replace(told, silence="its parents determine it, but for rounding"), None
    score = _scores(mechanism, values, values[node], noise, seed.child("score", node))
    if score is None:
        return replace(told, silence="its noise has no distribution function to judge it by"), None
    return told, score


def _scores(
    mechanism: Mechanism, values: Values, value: Tensor, noise: Tensor, seed: Seed
) -> NDArray[np.float64] | None:
    """The probability integral transform; uniform if the mechanism is right."""
    if not mechanism.noise.event_shape and has_quantiles(mechanism.noise):
        return np.asarray(cumulative(mechanism.noise, noise).expand(len(value)).numpy())
    found = mechanism.given(values)
    if not isinstance(found, LevelDistribution):
        return None
    edges = torch.nn.functional.pad(found.probabilities.cumsum(dim=-1), (1, 0)).clamp(max=1.0)
    edges = edges.expand(len(value), edges.shape[-1])
    codes = torch.searchsorted(found.points, value.contiguous()).unsqueeze(-1)
    low, high = edges.gather(-1, codes).squeeze(-1), edges.gather(-1, codes + 1).squeeze(-1)
    return np.asarray(drawn_between(low, high, seed.torch()).numpy())


def _named(mechanisms: Mapping[str, Mechanism], node: str) -> bool:
    """Whether a variable's values have no order."""
    domain = mechanisms[node].domain
    return isinstance(domain, Levels) and not domain.ordered
