"""Mechanisms from a frame that may lack cells, under missingness at random.

Cells are latent, not dropped. Where whether a cell is missing depends only on what was observed,
the likelihood of the observed cells is the right one to maximise, while the complete rows alone may
be a biased selection. Mechanisms without a missing cell in any row that says something about them
are fitted as usual; the others together with those that share their missing cells.

References:
    Rubin, "Inference and missing data" (1976); Little and Rubin, *Statistical Analysis with Missing
    Data* (2019), chapters 6 and 8.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm.fitting import Choice, choose, fit_mechanisms, require_all_observed
from causalsim.scm.learning.engines.likelihood import MaximumLikelihood
from causalsim.scm.learning.missing.filling import Filling
from causalsim.scm.learning.missing.gaps import (
    Component,
    Gaps,
    components_of,
    has_gaps,
    read_gaps,
)
from causalsim.scm.learning.missing.imputing import Imputer
from causalsim.scm.learning.missing.normal import applies, fit_normal
from causalsim.scm.learning.missing.rounds import completed, fit_in_rounds
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.recipe import Recipe
from causalsim.seeds import Seed


def fit_with_gaps(
    graph: Graph,
    frame: Any,  # noqa: ANN401
    *,
    using: Mapping[str, Recipe],
    by: MaximumLikelihood,
    seed: Seed,
) -> tuple[dict[str, Mechanism], tuple[Choice, ...]]:
    """A mechanism for each node of the graph, and the reasons; cells may be missing.

    Families are compared on the rows in which a variable and its causes were all observed.

    Args:
        graph: All causes observed: no ``<->`` and no latent node.
        frame: A column for each node.
        using: Families chosen by the user.
        by: How missing cells are dealt with.
        seed: Root of all draws.

    Raises:
        ModelError: Hidden causes, too few rows, a family that does not fit its column.
        DataError: Columns or rows without any value.
    """
    require_all_observed(graph)
    if not has_gaps(frame, graph.nodes):
        return fit_mechanisms(graph, frame, using=using, seed=seed)
    for node in using:
        if node not in graph:
            raise ModelError.unknown_node(node, graph.nodes)
    return fit_gaps(read_gaps(graph, frame), using=using, by=by, seed=seed)


def fit_gaps(
    gaps: Gaps, *, using: Mapping[str, Recipe], by: MaximumLikelihood, seed: Seed
) -> tuple[dict[str, Mechanism], tuple[Choice, ...]]:
    """The same from columns that were read."""
    choices: dict[str, Choice] = {}
    mechanisms: dict[str, Mechanism] = {}
    for node in gaps.parents:
        rows = gaps.complete(node)
        choice = choose(rows, using.get(node), seed.child(node))
        mechanisms[node] = choice.recipe.fit(rows)
        choices[node] = _noted(choice, _whole(gaps, node))
    for component in components_of(gaps):
        fitted, told = _fitted(gaps, component, choices, mechanisms, by, seed)
        if again := _chosen_again(gaps, component, choices, fitted, seed):
            choices.update({node: choice for node, (choice, _) in again.items()})
            mechanisms.update({node: mechanism for node, (_, mechanism) in again.items()})
            fitted, told = _fitted(gaps, component, choices, mechanisms, by, seed)
        mechanisms.update(fitted)
        choices.update({node: _noted(choices[node], told[node]) for node in component.factors})
    return mechanisms, tuple(choices.values())


def _fitted(
    gaps: Gaps,
    component: Component,
    choices: Mapping[str, Choice],
    mechanisms: Mapping[str, Mechanism],
    by: MaximumLikelihood,
    seed: Seed,
) -> tuple[Mapping[str, Mechanism], dict[str, Filling]]:
    """The mechanisms of one component, and what was done for each."""
    if by.engine is None and applies(gaps, component, mechanisms):
        found = fit_normal(gaps, component, mechanisms)
        words = f"exact EM (Normal and linear), {found.steps} steps"
        if not found.rested:
            words += f", the last of them {found.moved:.2g} long"
        told = {
            node: _filling(gaps, node, words, found.steps, found.moved, found.rested)
            for node in component.factors
        }
        return found.mechanisms, told
    recipes = {node: choices[node].recipe for node in component.factors}
    stream = seed.child("missing", *component.latent)
    chain = fit_in_rounds(
        gaps, component, recipes, mechanisms, rounds=by.rounds, by=by.engine, seed=stream
    )
    words = (
        f"stochastic EM: drawn by abduction in {by.rounds} rounds, the last {chain.kept} kept "
        f"({chain})"
    )
    told = {
        node: _filling(gaps, node, words, by.rounds, chain.drift, chain.rested)
        for node in component.factors
    }
    return chain.mechanisms, told


def _chosen_again(
    gaps: Gaps,
    component: Component,
    choices: Mapping[str, Choice],
    fitted: Mapping[str, Mechanism],
    seed: Seed,
) -> dict[str, tuple[Choice, Mechanism]]:
    """Simpler families, where completed rows do not bear out what complete ones suggested.

    Rows that are complete because of the variable's own value bend a straight line.
    """
    stream = seed.child("again", *component.latent)
    bent = [n for n in component.factors if choices[n].scores and not _is_simplest(choices[n])]
    if not bent:
        return {}
    drawn = Imputer.made(gaps, component, fitted, None).drawn(fitted, {}, stream)
    found = {}
    for node in bent:
        rows = completed(gaps, node, [drawn])
        choice = choose(rows, None, stream.child(node))
        if choice.recipe != choices[node].recipe:
            found[node] = (choice, choice.recipe.fit(rows))
    return found


def _is_simplest(choice: Choice) -> bool:
    """Whether no simpler family was compared."""
    return choice.recipe == choice.scores[0].recipe


def _filling(gaps: Gaps, node: str, engine: str, steps: int, left: float, rested: bool) -> Filling:
    """What was done for a mechanism that reads missing cells."""
    return Filling(
        gaps.latent(node),
        gaps.height,
        int((~gaps.barren[node]).sum()),
        int(gaps.incomplete(node).sum()),
        engine,
        steps,
        left,
        rested,
    )


def _whole(gaps: Gaps, node: str) -> Filling | None:
    """What is said of a mechanism whose rows are complete; nothing where those are all rows."""
    used = int((~gaps.barren[node]).sum())
    if used == gaps.height or gaps.latent(node):
        return None
    return Filling((), gaps.height, used, 0, "the rows that say anything about it")


def _noted(choice: Choice, filling: Filling | None) -> Choice:
    """The choice, with a word on missing cells."""
    if filling is None:
        return choice
    return replace(choice, why=f"{choice.why}; {filling}", filling=filling)
