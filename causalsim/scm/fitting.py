"""From a graph and a frame to mechanisms: which family for each variable, and why that one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.distributions import Normal

from causalsim import frames
from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm.domain import Domain, Real, as_numbers, infer
from causalsim.scm.learning.missing.filling import Filling
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.continuous.additive import Linear, Splines
from causalsim.scm.mechanisms.discrete.regressions import Ordinal
from causalsim.scm.mechanisms.discrete.threshold import Frequencies, Logit
from causalsim.scm.mechanisms.parts.terms import Term, design
from causalsim.scm.recipe import Recipe, Rows
from causalsim.scm.regression import solved
from causalsim.seeds import Seed

_FOLDS = 5
FEWEST_ROWS = 10
#: Scores of families are clear long before the fits themselves stop improving.
_SCORED_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Score:
    """How well a family predicts rows it has not seen.

    Args:
        recipe: The family.
        value: Mean held-out log density a row; higher is better.
        gain: Its mean advantage over the simplest family.
        error: The standard error of that advantage.
    """

    recipe: Recipe
    value: float
    gain: float
    error: float


@dataclass(frozen=True, slots=True)
class Choice:
    """Which family produces a variable, and why.

    Args:
        node: The variable.
        domain: Its values.
        recipe: The family that was fitted.
        why: The reason, as a sentence.
        scores: The families compared, simplest first; empty where there was nothing to compare.
        filling: What was done about missing cells, where there are any.
    """

    node: str
    domain: Domain
    recipe: Recipe
    why: str
    scores: tuple[Score, ...] = ()
    filling: Filling | None = None


def read_columns(
    frame: Any,  # noqa: ANN401
    nodes: Sequence[str],
) -> tuple[dict[str, Tensor], dict[str, Domain]]:
    """The columns of these nodes as tensors, and the domains that their values suggest.

    Raises:
        DataError: A column is missing, or has missing or infinite values.
        ModelError: A column holds neither numbers nor names.
    """
    frames.require(frame, nodes)
    absent = {node: int(frames.missing(frame, node).sum()) for node in nodes}
    if any(absent.values()):
        counts = {node: count for node, count in absent.items() if count}
        raise DataError.missing_values(counts, frames.height(frame))
    values: dict[str, Tensor] = {}
    domains: dict[str, Domain] = {}
    for node in nodes:
        raw = frames.values(frame, node)
        numbers = as_numbers(raw)
        if numbers is not None and not bool(torch.isfinite(numbers).all()):
            raise DataError.infinite_values(node, int((~torch.isfinite(numbers)).sum()))
        domains[node] = infer(node, raw, ranks=frames.ranks(frame, node))
        values[node] = domains[node].encode(node, raw)
    return values, domains


def fit_mechanisms(
    graph: Graph,
    frame: Any,  # noqa: ANN401
    *,
    using: Mapping[str, Recipe],
    seed: Seed,
) -> tuple[dict[str, Mechanism], tuple[Choice, ...]]:
    """A mechanism for each node of the graph, and the reasons.

    Args:
        graph: All causes observed: no ``<->`` and no latent node.
        frame: Complete rows with a column for each node.
        using: Families chosen by the user; the others are chosen by cross-validated score.
        seed: Which rows are held out together.

    Raises:
        ModelError: Hidden causes, too few rows, a family that does not fit its column.
        DataError: Columns that are missing or incomplete.

    Examples:
        >>> import pandas
        >>> from causalsim.scm import SCM
        >>> rows = pandas.DataFrame({"x": [0.1 * i for i in range(40)]})
        >>> rows["y"] = 2 * rows["x"] + (rows.index % 3)
        >>> print(SCM.fit(Graph("x -> y"), rows))
        SCM of 2 variables and 1 arrow (linear: 2)
    """
    for node in using:
        if node not in graph:
            raise ModelError.unknown_node(node, graph.nodes)
    mechanisms: dict[str, Mechanism] = {}
    choices: list[Choice] = []
    for rows in rows_of(graph, frame):
        choice = choose(rows, using.get(rows.node), seed.child(rows.node))
        mechanisms[rows.node] = choice.recipe.fit(rows)
        choices.append(choice)
    return mechanisms, tuple(choices)


def rows_of(
    graph: Graph,
    frame: Any,  # noqa: ANN401
) -> tuple[Rows, ...]:
    """Each variable's part of the frame, causes first.

    Raises:
        ModelError: Hidden causes, or too few rows.
        DataError: Columns that are missing or incomplete.
    """
    require_all_observed(graph)
    values, domains = read_columns(frame, graph.nodes)
    if frames.height(frame) < FEWEST_ROWS:
        raise ModelError.too_few_rows(frames.height(frame), FEWEST_ROWS)
    found = []
    for node in graph.order():
        names = (node, *graph.parents(node))
        columns = {name: values[name] for name in names}
        kinds = {name: domains[name] for name in names}
        found.append(Rows(node, graph.parents(node), columns, kinds))
    return tuple(found)


def require_all_observed(graph: Graph) -> None:
    """Refuse hidden causes.

    Raises:
        ModelError: Naming them.
    """
    hidden = [f"{one} <-> {other}" for one, other in graph.bidirected]
    hidden += [f"{node} [latent]" for node in graph.latent]
    if hidden:
        raise ModelError.hidden_causes(hidden)


def choose(rows: Rows, wanted: Recipe | None, seed: Seed) -> Choice:
    """The family for one variable: the user's, the only one, or the best by held-out score.

    The simplest family is kept unless another is better by more than one standard error of the
    difference; among those that are, the one with the best score is taken.
    """
    if wanted is not None:
        if not isinstance(wanted, Recipe):
            raise ModelError.wrong_recipe(rows.node, repr(wanted), "it is no family of mechanisms")
        if reason := wanted.refuses(rows):
            raise ModelError.wrong_recipe(rows.node, wanted, reason)
        return Choice(rows.node, rows.domain, wanted, "you chose it")
    candidates = [recipe for recipe in candidates_for(rows) if not recipe.refuses(rows)]
    if not rows.parents:
        return Choice(
            rows.node, rows.domain, candidates[0], f"it has no parents and is {rows.domain}"
        )
    if len(candidates) == 1:
        why = f"it is the one family for a variable that is {rows.domain} under these parents"
        return Choice(rows.node, rows.domain, candidates[0], why)
    scores = _scores(rows, candidates, seed)
    best = max(scores, key=lambda score: score.gain if score.gain > score.error else 0.0)
    return Choice(rows.node, rows.domain, best.recipe, _reason(best, scores), scores)


def candidates_for(rows: Rows) -> tuple[Recipe, ...]:
    """The families worth comparing, simplest first."""
    if isinstance(rows.domain, Real):
        curves = (Splines(5), Splines(10), Splines(10, even=True))
        return (Linear(), *curves) if rows.parents else (Linear(),)
    if rows.parents and len(getattr(rows.domain, "levels", ())) > 1:
        if not Ordinal().refuses(rows) and len(getattr(rows.domain, "levels", ())) > 2:
            return (Ordinal(), Logit(), Frequencies())
        return (Logit(), Frequencies())
    return (Frequencies(), Logit())


@runtime_checkable
class LeastSquares(Protocol):
    """A recipe that is least squares on the columns of terms, with Normal noise."""

    def terms(self, rows: Rows) -> list[Term]:
        """How the parents enter."""
        ...


def held_out_densities(rows: Rows, recipe: Recipe, folds: Tensor) -> Tensor:
    """The log density of each row under a fit that has not seen its fold."""
    if isinstance(recipe, LeastSquares):
        return _held_out_least_squares(rows, recipe.terms(rows), folds)
    densities = torch.empty(len(rows), dtype=rows.target.dtype)
    for fold in range(_FOLDS):
        out = (folds == fold).nonzero().squeeze(-1)
        mechanism = recipe.fit(rows.take((folds != fold).nonzero().squeeze(-1)))
        held = rows.take(out)
        given = mechanism.given({parent: held.values[parent] for parent in held.parents})
        densities[out] = given.log_prob(held.target)
    return densities


def _held_out_least_squares(rows: Rows, terms: Sequence[Term], folds: Tensor) -> Tensor:
    """The same from one set of columns: a fold is left out by taking off its sums.

    Knots stand at quantiles of the parents in all rows; the target of a held-out row is not seen.
    """
    columns = design(terms, rows.values, len(rows))
    centre, mean = columns.mean(dim=0), rows.target.mean()
    joint = torch.cat([columns - centre, (rows.target - mean).unsqueeze(1)], dim=1)
    parts = [joint[folds == fold] for fold in range(_FOLDS)]
    squares = torch.stack([part.T @ part for part in parts])
    totals = torch.stack([part.sum(dim=0) for part in parts])
    densities = torch.empty(len(rows), dtype=joint.dtype)
    for fold, held in enumerate(parts):
        seen = len(rows) - len(held)
        middle = (totals.sum(dim=0) - totals[fold]) / seen
        sums = squares.sum(dim=0) - squares[fold] - seen * torch.outer(middle, middle)
        slopes, scale = solved(sums[:-1, :-1], sums[:-1, -1], centre, seen)
        slopes = slopes / scale
        left = sums[-1, -1] - 2 * slopes @ sums[:-1, -1] + slopes @ sums[:-1, :-1] @ slopes
        floor = 1e-9 * (1.0 + float(rows.target.abs().max()))
        spread = (left / max(seen - joint.shape[1], 1)).clamp(min=floor**2).sqrt()
        away = held[:, -1] - middle[-1] - (held[:, :-1] - middle[:-1]) @ slopes
        noise = Normal(torch.zeros_like(spread), spread)
        densities[folds == fold] = noise.log_prob(away)  # type: ignore[no-untyped-call]
    return densities


def _scores(rows: Rows, candidates: Sequence[Recipe], seed: Seed) -> tuple[Score, ...]:
    """Every candidate's held-out score on the same folds, and its gain over the first."""
    order = torch.randperm(len(rows), generator=seed.torch())[:_SCORED_ROWS]
    scored = rows.take(order)
    folds = torch.arange(len(scored)) % _FOLDS
    found = [held_out_densities(scored, recipe, folds) for recipe in candidates]
    root = len(scored) ** 0.5
    return tuple(
        Score(
            recipe,
            float(density.mean()),
            float((density - found[0]).mean()),
            float((density - found[0]).std()) / root,
        )
        for recipe, density in zip(candidates, found, strict=True)
    )


def _reason(best: Score, scores: tuple[Score, ...]) -> str:
    """Why this family and not the others, with the numbers."""
    if best is scores[0]:
        rival = max(scores[1:], key=lambda score: score.gain)
        return (
            f"it is the simplest, and {rival.recipe} is no better: held-out log density "
            f"{rival.value:.4f} against {best.value:.4f} a row "
            f"(difference {rival.gain:+.4f}, standard error {rival.error:.4f})"
        )
    return (
        f"its held-out log density is {best.value:.4f} a row against {scores[0].value:.4f} of "
        f"{scores[0].recipe} (difference {best.gain:+.4f}, standard error {best.error:.4f})"
    )
