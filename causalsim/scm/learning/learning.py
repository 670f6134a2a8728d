"""From a graph, a frame and priors to a posterior."""

from collections.abc import Mapping
from typing import Any

from torch.distributions import Normal as NormalNoise

from causalsim import frames
from causalsim.errors.learning import LearningError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.fitting import fit_mechanisms, rows_of
from causalsim.scm.learning.checking import doubts_about
from causalsim.scm.learning.learnable import Learnable
from causalsim.scm.learning.learnt import Learner
from causalsim.scm.learning.likelihoods.gaussian import LinearGaussian
from causalsim.scm.learning.likelihoods.glm import Glm
from causalsim.scm.learning.likelihoods.ordered import ProportionalOdds
from causalsim.scm.learning.likelihoods.tables import Cells
from causalsim.scm.learning.pooling import Pooled
from causalsim.scm.learning.posterior import Posterior
from causalsim.scm.learning.priors import Prior
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.discrete.counts import PoissonCount
from causalsim.scm.mechanisms.discrete.gumbel import GumbelMax
from causalsim.scm.mechanisms.discrete.threshold import Threshold
from causalsim.scm.mechanisms.parts.chances import Logits, Ordered, Table
from causalsim.scm.mechanisms.parts.terms import Predictor
from causalsim.scm.recipe import Recipe, Rows
from causalsim.seeds import Seed


def learn(
    graph: Graph,
    frame: Any,  # noqa: ANN401
    *,
    using: Mapping[str, Recipe],
    by: Learner,
    priors: Mapping[str, Prior],
    seed: Seed,
) -> Posterior:
    """The posterior of the mechanisms' parameters; families are chosen as without uncertainty.

    Args:
        graph: All causes observed.
        frame: Complete rows.
        using: Families chosen by the user.
        by: The engine.
        priors: For some variables what is believed about their parameters.
        seed: Root of all draws.

    Raises:
        LearningError: Engine, prior and family that do not go together.
    """
    if not isinstance(by, Learner):
        raise LearningError.bad_learner(by)
    for node, prior in priors.items():
        if node not in graph:
            raise ModelError.unknown_node(node, graph.nodes)
        if not isinstance(prior, Prior):
            raise LearningError.bad_prior(node, "a prior", prior, "Prior(slopes=..., noise=...)")
    with threads_for(frames.height(frame)):
        mechanisms, choices = fit_mechanisms(graph, frame, using=using, seed=seed)
        parts = [
            learnable(rows, mechanisms[rows.node], priors.get(rows.node, Prior()), using)
            for rows in rows_of(graph, frame)
        ]
        found = {one.part.node: one for one in by.learn(parts, seed.child("posterior"))}
        doubts = doubts_about(found)
    return Posterior(graph, found, choices, frames.build(frame, {}), doubts)


def learnable(
    rows: Rows, fitted: Mechanism, prior: Prior, using: Mapping[str, Recipe]
) -> Learnable:
    """The likelihood of a fitted mechanism.

    Args:
        rows: What it was fitted to.
        fitted: Tells the columns and the levels.
        prior: What is believed about its parameters.
        using: The recipes that the user chose.

    Raises:
        LearningError: A family without one.
    """
    recipe = using.get(rows.node)
    if isinstance(recipe, Pooled):
        return recipe.learnable(rows, prior)
    if isinstance(fitted, Additive):
        lines = isinstance(fitted.predictor, Predictor)
        if lines and isinstance(fitted.noise, NormalNoise):
            return LinearGaussian.made(rows, fitted, prior)
    if isinstance(fitted, Threshold | GumbelMax):
        if isinstance(fitted.chances, Table):
            return Cells.made(rows, fitted, prior)
        if isinstance(fitted.chances, Logits):
            return Glm.made(rows, fitted, prior)
        if isinstance(fitted, Threshold) and isinstance(fitted.chances, Ordered):
            return ProportionalOdds.made(rows, fitted, prior)
    if isinstance(fitted, PoissonCount) and isinstance(fitted.predictor, Predictor):
        return Glm.made(rows, fitted, prior)
    raise LearningError.unlearnable(rows.node, type(fitted).__name__)
