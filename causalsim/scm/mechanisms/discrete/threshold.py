"""A variable with levels: thresholds on one uniform noise, and the recipes that fit levels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Domain, Level, Levels, Real
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.continuous.additive import line_term
from causalsim.scm.mechanisms.discrete.gumbel import GumbelMax
from causalsim.scm.mechanisms.parts.chances import Chances, Logits, Table, cells_of
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.mechanisms.parts.quantiles import drawn_between
from causalsim.scm.mechanisms.parts.terms import Predictor, Slope
from causalsim.scm.noise import standard_uniform
from causalsim.scm.recipe import Rows
from causalsim.scm.regression import multinomial_logit

_MOST_CELLS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Threshold:
    """The level in whose interval of cumulative probability the uniform noise falls.

    ``x = level_k`` where ``F_{k-1}(pa) ≤ U < F_k(pa)``, ``U ~ Uniform(0, 1)``. Given ``x`` and the
    parents the noise is uniform on that interval, exactly. The coupling is monotone in the order
    of the levels: a unit never moves down when probability moves up. For names without an order
    this is an assumption that no data can check; counterfactuals of single units rest on it.

    Args:
        chances: The probability of each level given the parents.
        domain: The levels, in the order of the thresholds.

    Examples:
        >>> coin = Threshold(Table((), (), torch.tensor([0.25, 0.75])), Levels((0, 1)))
        >>> coin.produce({}, torch.tensor([0.2, 0.3])).tolist()
        [0.0, 1.0]

    References:
        Tian and Pearl, "Probabilities of causation: bounds and identification" (2000), section
        4.2 (monotonicity).
    """

    chances: Chances
    domain: Levels

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables it reads."""
        return self.chances.parents

    @property
    def noise(self) -> Distribution:
        """Uniform on [0, 1)."""
        return standard_uniform()

    @property
    def coupling(self) -> Coupling:
        """One uniform noise against cumulative probabilities."""
        return Coupling.THRESHOLD

    def given(self, parents: Values) -> Distribution:
        """The levels with their probabilities."""
        made: Distribution = LevelDistribution(
            self.chances(parents), self.domain.points, validate_args=False
        )
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """A uniform draw from the interval of the value's level."""
        cumulative = self._cumulative(parents)
        codes = torch.searchsorted(self.domain.points, value.contiguous())
        codes = codes.clamp(max=len(self.domain.points) - 1)
        shape = np.broadcast_shapes(codes.shape, cumulative.shape[:-1])
        edges = torch.nn.functional.pad(cumulative, (1, 0)).expand((*shape, -1))
        codes = codes.expand(shape).unsqueeze(-1)
        low, high = edges.gather(-1, codes).squeeze(-1), edges.gather(-1, codes + 1).squeeze(-1)
        drawn = drawn_between(low, high, generator)
        possible = (high > low) & (self.domain.points[codes.squeeze(-1)] == value)
        return torch.where(possible, drawn, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The level whose interval holds the noise."""
        inner = self._cumulative(parents)[..., :-1]
        return self.domain.points[(noise.unsqueeze(-1) >= inner).sum(dim=-1)]

    def describe(self, node: str) -> str:
        """The equation."""
        order = " < ".join(str(level) for level in self.domain.levels[:6])
        more = " < …" if len(self.domain.levels) > 6 else ""
        return (
            f"{node} = level of {{{order}{more}}} at U_{node} under {self.chances},  "
            f"U_{node} ~ Uniform(0, 1)"
        )

    def _cumulative(self, parents: Values) -> Tensor:
        """``F_1 … F_K``, with ``F_K`` exactly one."""
        cumulative = self.chances(parents).cumsum(dim=-1).clamp(max=1.0)
        last = torch.ones_like(cumulative[..., -1:])
        return torch.cat([cumulative[..., :-1], last], dim=-1)


def frequencies(levels: Mapping[Level, float]) -> Threshold:
    """A root with these probabilities, written by hand.

    Args:
        levels: The probability of each level, in order; they sum to one.

    Raises:
        ModelError: If they do not.

    Examples:
        >>> print(frequencies({"no": 0.25, "yes": 0.75}).describe("treated"))
        treated = level of {no < yes} at U_treated under (0.25, 0.75),  U_treated ~ Uniform(0, 1)
    """
    return table((), {(): list(levels.values())}, levels=tuple(levels), domains=())


def logistic(coefficients: Mapping[str, float], *, intercept: float = 0.0) -> Threshold:
    """A binary variable (0 or 1) with linear log-odds, written by hand.

    Args:
        coefficients: The slope of the log-odds in each parent; empty for a root.
        intercept: The log-odds where all parents are zero.

    Examples:
        >>> y = logistic({"x": 2.0}, intercept=-1.0)
        >>> [round(float(p), 4) for p in y.chances({"x": torch.tensor(0.5).double()})]
        [0.5, 0.5]
    """
    weights = tuple(torch.tensor([[slope]], dtype=DTYPE) for slope in coefficients.values())
    terms = tuple(Slope(name) for name in coefficients)
    predictor = Predictor(terms, torch.tensor([intercept], dtype=DTYPE), weights)
    return Threshold(Logits(predictor), Levels((0, 1)))


def table(
    parents: Sequence[str],
    rows: Mapping[tuple[Level, ...], Sequence[float]],
    *,
    levels: Sequence[Level],
    domains: Sequence[Levels],
) -> Threshold:
    """A table of conditional probabilities, written by hand.

    Args:
        parents: The variables read.
        rows: For each combination of their levels the probabilities of ``levels``.
        levels: The levels produced, in the order of the thresholds.
        domains: The levels of each parent.

    Raises:
        ModelError: If a combination is missing or a row is no probability distribution.

    Examples:
        >>> binary = Levels((0, 1))
        >>> y = table(["x"], {(0,): [0.9, 0.1], (1,): [0.4, 0.6]}, levels=[0, 1], domains=[binary])
        >>> y.chances({"x": torch.tensor([1.0])}).tolist()
        [[0.4, 0.6]]
    """
    domain = Levels(tuple(levels))
    shape = tuple(len(found.levels) for found in domains)
    probabilities = torch.full((*shape, len(domain.levels)), torch.nan, dtype=DTYPE)
    for key, row in rows.items():
        at = tuple(found.levels.index(level) for found, level in zip(domains, key, strict=True))
        found = torch.tensor(list(row), dtype=DTYPE)
        if len(found) != len(domain.levels) or not bool((found >= 0).all()):
            raise ModelError.bad_parameter(f"the row {key}", row, "one probability a level")
        if abs(float(found.sum()) - 1.0) > 1e-9:
            raise ModelError.bad_parameter(f"the row {key}", row, "probabilities that sum to one")
        probabilities[at] = found / found.sum()
    if bool(probabilities.isnan().any()):
        raise ModelError.bad_parameter(
            "the table", list(rows), "one row for each combination of the parents' levels"
        )
    return Threshold(Table(tuple(parents), tuple(domains), probabilities), domain)


def coupled(
    chances: Chances, domain: Levels, by: type[Threshold] | type[GumbelMax] | None
) -> Threshold | GumbelMax:
    """Probabilities with a coupling: thresholds where levels have an order, else Gumbel-max.

    Three or more names have no order, so nothing about them may depend on the alphabet.
    """
    if by is None:
        by = Threshold if domain.ordered else GumbelMax
    return by(chances, domain)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """The recipe for a table: the frequency of each level in each cell of the parents.

    Cells are shrunk by one pseudo-row towards the level's overall frequency, so that a level not
    yet seen in a cell stays possible there; a root's probabilities are its frequencies.

    Args:
        by: The coupling, `Threshold` or `GumbelMax`; None for `coupled`'s rule.

    >>> str(Frequencies())
    'frequency table'
    """

    by: type[Threshold] | type[GumbelMax] | None = None

    def refuses(self, rows: Rows) -> str:
        """Every variable of a table has levels, and the table fits in memory."""
        if not isinstance(rows.domain, Levels):
            return "it is continuous; a table needs levels"
        cells = len(rows.domain.levels)
        for parent in rows.parents:
            domain = rows.domains[parent]
            if not isinstance(domain, Levels):
                return f"its parent {parent!r} is continuous; a table needs levels"
            cells *= len(domain.levels)
        return f"the table would have {cells} cells" if cells > _MOST_CELLS else ""

    def fit(self, rows: Rows) -> Threshold | GumbelMax:
        """Counts, divided."""
        domain = rows.domain
        parts = tuple(rows.domains[parent] for parent in rows.parents)
        assert isinstance(domain, Levels)
        domains = tuple(part for part in parts if isinstance(part, Levels))
        codes = domain.codes(rows.node, rows.target)
        counts = torch.zeros(
            (*(len(part.levels) for part in domains), len(domain.levels)), dtype=DTYPE
        )
        one = torch.ones(len(rows), dtype=DTYPE)
        cells = cells_of(rows.parents, domains, rows.values)
        counts.index_put_((*cells, codes), one, accumulate=True)
        if rows.parents:
            overall = torch.bincount(codes, minlength=len(domain.levels)).to(DTYPE) + 0.5
            counts = counts + overall / overall.sum()
        chances = Table(rows.parents, domains, counts / counts.sum(dim=-1, keepdim=True))
        return coupled(chances, domain, self.by)

    def __str__(self) -> str:
        """In a few words."""
        return "frequency table"


@dataclass(frozen=True, slots=True)
class Logit:
    """The recipe for log-odds that are linear in the parents: logistic, or multinomial, regression.

    Args:
        by: The coupling, `Threshold` or `GumbelMax`; None for `coupled`'s rule.

    >>> str(Logit())
    'logit'
    """

    by: type[Threshold] | type[GumbelMax] | None = None

    def refuses(self, rows: Rows) -> str:
        """Only levels have odds, and one level has none."""
        if isinstance(rows.domain, Real) or not isinstance(rows.domain, Levels):
            return "it is continuous; log-odds need levels"
        return "it has one level only" if len(rows.domain.levels) < 2 else ""

    def fit(self, rows: Rows) -> Threshold | GumbelMax:
        """Greatest likelihood, by Newton's method."""
        domain: Domain = rows.domain
        assert isinstance(domain, Levels)
        terms = [line_term(rows, parent) for parent in rows.parents]
        codes = domain.codes(rows.node, rows.target)
        predictor = multinomial_logit(terms, rows.values, codes, len(domain.levels))
        return coupled(Logits(predictor), domain, self.by)

    def __str__(self) -> str:
        """In a few words."""
        return "logit"
