"""A table of probabilities: each row has a Dirichlet posterior.

``p | counts ~ Dirichlet(α + counts)``; for two levels that is ``Beta(a + n₁, b + n₀)``.

References:
    Gelman et al., *Bayesian Data Analysis* (2013), section 3.4; Jeffreys, "An invariant form for
    the prior probability in estimation problems" (1946), for the default α = 1/2.
"""

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import torch
from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.learning.algebra import Algebra
from causalsim.scm.learning.drawing import dirichlet_draws
from causalsim.scm.learning.priors import Beta, Dirichlet, Prior
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.discrete.gumbel import GumbelMax
from causalsim.scm.mechanisms.discrete.threshold import Threshold
from causalsim.scm.mechanisms.parts.chances import Table, cells_of
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The probabilities of a table.

    Args:
        node: The variable.
        template: The mechanism whose table is learnt.
        told: What is believed about each row.
        before: The prior's concentration, of shape (levels,).
        counts: Of shape (rows of the table, levels).
    """

    node: str
    template: Threshold | GumbelMax
    told: Dirichlet | Beta
    before: Tensor
    counts: Tensor

    @classmethod
    def made(cls, rows: Rows, template: Threshold | GumbelMax, prior: Prior) -> "Cells":
        """Counts of each level in each cell of the parents."""
        for field in ("intercept", "slopes", "noise", "groups"):
            if getattr(prior, field) is not None:
                raise LearningError.unused_prior(rows.node, field, "frequency table")
        table, domain = template.chances, template.domain
        assert isinstance(table, Table)
        assert isinstance(domain, Levels)
        told = prior.table if prior.table is not None else Dirichlet(0.5)
        before = _concentration(rows.node, told, len(domain.levels))
        counts = torch.zeros(table.probabilities.shape, dtype=DTYPE)
        cells = cells_of(table.parents, table.domains, rows.values)
        one = torch.ones(len(rows), dtype=DTYPE)
        codes = domain.codes(rows.node, rows.target)
        counts.index_put_((*cells, codes), one, accumulate=True)
        return cls(rows.node, template, told, before, counts.reshape(-1, len(domain.levels)))

    @property
    def names(self) -> tuple[str, ...]:
        """``P(level | parent=level, …)``."""
        table = self.template.chances
        assert isinstance(table, Table)
        found = []
        for cell in product(*(domain.levels for domain in table.domains)):
            given = ", ".join(f"{p}={v}" for p, v in zip(table.parents, cell, strict=True))
            shown = f" | {given}" if given else ""
            found += [f"P({level}{shown})" for level in self.template.domain.levels]
        return tuple(found)

    @property
    def beliefs(self) -> str:
        """The prior in words."""
        return f"each row ~ {self.told}"

    @property
    def start(self) -> Tensor:
        """Log-odds against the first level at the posterior mean."""
        logs = (self.counts + self.before).log()
        return (logs[:, 1:] - logs[:, :1]).reshape(-1)

    @property
    def work(self) -> int:
        """A number a cell."""
        return self.counts.numel()

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """The density of the log-odds: their Jacobian is the product of the probabilities."""
        total = self.counts + self.before
        logits = at.reshape((*at.shape[:-1], *total[:, 1:].shape))
        linear = (algebra.data(total[:, 1:]) * logits).sum((-2, -1))
        return linear - (algebra.data(total.sum(dim=1)) * algebra.logsumexp(logits)).sum(-1)

    def finish(self, at: Tensor, seed: Seed) -> Tensor:
        """Probabilities from log-odds."""
        logits = at.reshape(len(at), *self.counts[:, 1:].shape)
        padded = torch.nn.functional.pad(logits, (1, 0))
        return torch.softmax(padded, dim=-1).reshape(len(at), -1)

    def closed_form(self, draws: int, seed: Seed) -> Tensor | str:
        """Dirichlet draws."""
        return dirichlet_draws(self.counts + self.before, draws, seed.torch()).reshape(draws, -1)

    def prior(self, draws: int, seed: Seed) -> Tensor:
        """Dirichlet draws without the counts."""
        before = self.before.expand(self.counts.shape)
        return dirichlet_draws(before, draws, seed.torch()).reshape(draws, -1)

    def mechanism(self, parameters: Tensor) -> Mechanism:
        """The mechanism with these probabilities."""
        table = self.template.chances
        assert isinstance(table, Table)
        rows = parameters.reshape(self.counts.shape)
        # A posterior mean sums to one only up to rounding.
        rows = rows / rows.sum(dim=-1, keepdim=True)
        chances = replace(table, probabilities=rows.reshape(table.probabilities.shape))
        return replace(self.template, chances=chances)


def _concentration(node: str, told: object, levels: int) -> Tensor:
    """One number a level."""
    if isinstance(told, Beta):
        if levels != 2:
            raise LearningError.bad_prior(node, "table", told, f"Dirichlet, for {levels} levels")
        return torch.tensor([told.b, told.a], dtype=DTYPE)
    if not isinstance(told, Dirichlet):
        raise LearningError.bad_prior(node, "table", told, "Dirichlet, Beta")
    found = told.concentration
    if isinstance(found, tuple):
        if len(found) != levels:
            raise LearningError.bad_prior(
                node, "table", told, f"Dirichlet with {levels} numbers, one a level"
            )
        return torch.tensor(found, dtype=DTYPE)
    return torch.full((levels,), float(found), dtype=DTYPE)
