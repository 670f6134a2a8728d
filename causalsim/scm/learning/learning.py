"""From a graph, a frame and priors to a posterior."""

from collections.abc import Callable, Mapping
from typing import Any

from torch.distributions import Normal as NormalNoise

from causalsim import frames
from causalsim.errors.learning import LearningError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.fitting import Choice, fit_mechanisms, require_all_observed, rows_of
from causalsim.scm.learning.checking import doubts_about
from causalsim.scm.learning.engines.likelihood import MaximumLikelihood
from causalsim.scm.learning.learnable import Learnable
from causalsim.scm.learning.learnt import Learner, Learnt
from causalsim.scm.learning.likelihoods.gaussian import LinearGaussian
from causalsim.scm.learning.likelihoods.glm import Glm
from causalsim.scm.learning.likelihoods.ordered import ProportionalOdds
from causalsim.scm.learning.likelihoods.tables import Cells
from causalsim.scm.learning.missing.augmenting import learn_in_rounds
from causalsim.scm.learning.missing.fitted import fit_gaps
from causalsim.scm.learning.missing.gaps import Gaps, components_of, has_gaps, read_gaps
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
        frame: One row a unit; cells may be missing at random.
        using: Families chosen by the user.
        by: The engine.
        priors: For some variables what is believed about their parameters.
        seed: Root of all draws.

    Raises:
        LearningError: Engine, prior and family that do not go together.
    """
    if not isinstance(by, Learner):
        raise LearningError.bad_learner(by)
    require_all_observed(graph)
    for node, prior in priors.items():
        if node not in graph:
            raise ModelError.unknown_node(node, graph.nodes)
        if not isinstance(prior, Prior):
            raise LearningError.bad_prior(node, "a prior", prior, "Prior(slopes=..., noise=...)")

    def made(rows: Rows, fitted: Mechanism) -> Learnable:
        return learnable(rows, fitted, priors.get(rows.node, Prior()), using)

    with threads_for(frames.height(frame)):
        stream = seed.child("posterior")
        if has_gaps(frame, graph.nodes):
            found, choices = _with_gaps(read_gaps(graph, frame), using, by, made, seed)
        else:
            mechanisms, choices = fit_mechanisms(graph, frame, using=using, seed=seed)
            parts = [made(rows, mechanisms[rows.node]) for rows in rows_of(graph, frame)]
            found = {one.part.node: one for one in by.learn(parts, stream)}
        doubts = doubts_about(found)
    return Posterior(graph, found, choices, frames.build(frame, {}), doubts)


def _with_gaps(
    gaps: Gaps,
    using: Mapping[str, Recipe],
    by: Learner,
    made: Callable[[Rows, Mechanism], Learnable],
    seed: Seed,
) -> tuple[dict[str, Learnt], tuple[Choice, ...]]:
    """Draws of the parameters of every mechanism where cells are missing."""
    mechanisms, choices = fit_gaps(gaps, using=using, by=MaximumLikelihood(), seed=seed)
    stream = seed.child("posterior")
    whole = [node for node in gaps.parents if not gaps.latent(node)]
    parts = [made(gaps.rows(node, ~gaps.barren[node]), mechanisms[node]) for node in whole]
    found = {one.part.node: one for one in by.learn(parts, stream)} if parts else {}
    for component in components_of(gaps):
        below = stream.child(*component.latent)
        found |= learn_in_rounds(gaps, component, mechanisms, made, by, below)
    return {node: found[node] for node in gaps.parents}, choices


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
