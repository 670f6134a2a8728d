"""Stochastic EM: missing cells drawn, mechanisms fitted to what was drawn, and so on.

In each round the missing cells are drawn from the current model given the rest of their rows, and
every mechanism is fitted to the rows so completed: any family that can be fitted will do. When the
chain has come to rest, the rounds that follow are kept, and the mechanisms are fitted to all of
them at once, which averages over what a single draw leaves to chance.

References:
    Celeux and Diebolt, "The SEM algorithm" (1985); Nielsen, "The stochastic EM algorithm:
    estimation and asymptotic results" (2000); Wei and Tanner, "A Monte Carlo implementation of the
    EM algorithm" (1990), for the last step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor
from torch.distributions import Normal

from causalsim.scm.domain import Real
from causalsim.scm.engines.engine import Engine
from causalsim.scm.learning.missing.filling import LEAST_RENEWED, MOST_DRIFT
from causalsim.scm.learning.missing.gaps import Component, Gaps
from causalsim.scm.learning.missing.imputing import Imputer, drift
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.terms import Predictor
from causalsim.scm.noise import normal
from causalsim.scm.recipe import Recipe, Rows
from causalsim.seeds import Seed

#: Rows that a mechanism is fitted to at most when the kept rounds are put together.
_MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Chained:
    """Where the chain came to rest.

    Args:
        mechanisms: Of the component's factors.
        kept: How many rounds were kept.
        drift: How far their second half has moved from the first, in standard errors of the mean of
            a variable's missing cells.
        renewed: Which share of a variable's missing numbers a round changes, where fewest.
    """

    mechanisms: Mapping[str, Mechanism]
    kept: int
    drift: float
    renewed: float

    @property
    def rested(self) -> bool:
        """Whether the halves agree, and cells do not stay what they are."""
        return self.drift <= MOST_DRIFT and self.renewed >= LEAST_RENEWED

    def __str__(self) -> str:
        """In a few words."""
        stuck = f", a round renews {100 * self.renewed:.0f} % of the cells"
        told = f"drift {self.drift:.2f} standard errors"
        return told + (stuck if self.renewed < LEAST_RENEWED else "")


def fit_in_rounds(
    gaps: Gaps,
    component: Component,
    recipes: Mapping[str, Recipe],
    mechanisms: Mapping[str, Mechanism],
    *,
    rounds: int,
    by: Engine | None,
    seed: Seed,
) -> Chained:
    """The mechanisms of a component, fitted to draws of the cells that are missing.

    Args:
        gaps: The columns.
        component: Mechanisms that share missing cells.
        recipes: The families of its factors.
        mechanisms: Where to start.
        rounds: How many; the second half is kept.
        by: The engine that infers what is missing; None to choose.
        seed: Root of the draws.
    """
    imputer = Imputer.made(gaps, component, mechanisms, by)
    current = {node: mechanisms[node] for node in component.factors}
    kept: list[dict[str, Tensor]] = []
    drawn: dict[str, Tensor] = {}
    for number in range(rounds):
        drawn = imputer.drawn(current, drawn, seed.child("round", str(number)))
        if number >= rounds // 2:
            kept.append(drawn)
        current = {node: recipes[node].fit(completed(gaps, node, [drawn])) for node in current}
    found = {}
    for node in current:
        used = int((~gaps.barren[node]).sum())
        chosen = kept[:: max(1, -(-len(kept) * used // _MOST_ROWS))]
        fitted = recipes[node].fit(completed(gaps, node, chosen))
        found[node] = _respread(fitted, used, len(chosen))
    moved = [
        drift(
            torch.stack([drawn[node][gaps.absent[node]].mean() for drawn in kept]),
            kept[-1][node][gaps.absent[node]],
        )
        for node in component.latent
    ]
    numbers = [node for node in component.latent if isinstance(gaps.domains[node], Real)]
    changed = [
        float((one[node] != other[node])[gaps.absent[node]].double().mean())
        for node in numbers
        for one, other in pairwise(kept)
    ]
    pairs = len(kept) - 1
    shares = [sum(changed[k : k + pairs]) / pairs for k in range(0, len(changed), pairs)]
    return Chained(found, len(kept), max(moved), min(shares, default=1.0))


def completed(gaps: Gaps, node: str, drawn: list[dict[str, Tensor]]) -> Rows:
    """The rows that say something about a node, once for each draw of the missing cells."""
    where = ~gaps.barren[node]
    parts = [gaps.rows(node, where, {**gaps.values, **one}) for one in drawn]
    names = gaps.family(node)
    columns = {name: torch.cat([part.values[name] for part in parts]) for name in names}
    return Rows(node, gaps.parents[node], columns, {name: gaps.domains[name] for name in names})


def _respread(fitted: Mechanism, rows: int, copies: int) -> Mechanism:
    """Noise as from so many rows, not from so many copies of them: each counts once."""
    if not isinstance(fitted, Additive) or not isinstance(fitted.noise, Normal):
        return fitted
    if not isinstance(fitted.predictor, Predictor):
        return fitted
    spent = 1 + sum(term.width for term in fitted.predictor.terms)
    ratio = max(rows * copies - spent, 1) / (copies * max(rows - spent, 1))
    return replace(fitted, noise=normal(float(fitted.noise.scale) * ratio**0.5))
