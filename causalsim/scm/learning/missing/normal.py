"""Greatest likelihood with missing cells where all that is missing is Normal and enters linearly.

With ``z`` the columns of a row (a one, those of known causes, and the variables) the mechanism of
``x_j`` says ``r_j z ~ Normal(0, σ_j²)``, the row ``r_j`` holding a one, the intercept and slopes.
Given the cells that were observed, those that are missing, ``m``, are Normal with

``Λ = G' Σ⁻¹ G,  E m = -Λ⁻¹ G' Σ⁻¹ R z``

``R`` the rows ``r_j`` and ``G`` their columns of ``m``: the same for all rows that lack the same
cells. So a step of EM needs the sums ``Σ z z'`` of each pattern of missing cells and no row, and
its second half is least squares on the expected sums.

As in the fit of complete rows a variance is divided by the rows less the coefficients; what no step
lowers is therefore the likelihood times ``Π σ_j^(coefficients of j)``.

References:
    Dempster, Laird and Rubin, "Maximum likelihood from incomplete data via the EM algorithm"
    (1977); Little and Rubin, *Statistical Analysis with Missing Data* (2019), sections 8.2 and
    11.2; Orchard and Woodbury, "A missing information principle" (1972).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

import torch
from torch import Tensor
from torch.distributions import Normal

from causalsim.scm.domain import DTYPE, Real
from causalsim.scm.learning.missing.gaps import Component, Gaps, Pattern, patterns_of
from causalsim.scm.learning.missing.squaring import fixed_point
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.terms import Predictor, Slope, Term
from causalsim.scm.noise import normal
from causalsim.scm.regression import solved

_MOST_STEPS = 3_000
_STILL = 1e-9
#: The least noise, in standard deviations of the variable: a tie without noise has no density.
_FLOOR = 1e-6


def applies(gaps: Gaps, component: Component, mechanisms: Mapping[str, Mechanism]) -> bool:
    """Whether all that is missing is Normal and enters linearly."""
    if any(not isinstance(gaps.domains[node], Real) for node in component.latent):
        return False
    for node in component.factors:
        mechanism = mechanisms[node]
        if not _is_line(mechanism):
            return False
        assert isinstance(mechanism.predictor, Predictor)
        read = [term for term in mechanism.predictor.terms if term.parent in component.latent]
        if not all(isinstance(term, Slope) for term in read):
            return False
    return True


def _is_line(mechanism: Mechanism) -> "TypeGuard[Additive]":
    """Whether it is least squares on columns, with Normal noise."""
    if not isinstance(mechanism, Additive) or not isinstance(mechanism.noise, Normal):
        return False
    return isinstance(mechanism.predictor, Predictor)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Where EM came to rest.

    Args:
        mechanisms: Of the component's factors.
        steps: How many steps.
        moved: How far the last one moved any parameter, in standardised units.
    """

    mechanisms: Mapping[str, Additive]
    steps: int
    moved: float

    @property
    def rested(self) -> bool:
        """Whether nothing moved any more."""
        return self.moved < _STILL


def fit_normal(gaps: Gaps, component: Component, mechanisms: Mapping[str, Mechanism]) -> Fitted:
    """The mechanisms of a component with the greatest likelihood of what was observed.

    Args:
        gaps: The columns.
        component: One to which this `applies`.
        mechanisms: Of its factors: which terms they have.
    """
    lines = {node: m for node in component.factors if _is_line(m := mechanisms[node])}
    system = System.made(gaps, component, lines)
    rest = fixed_point(
        system.step, system.height, system.start(), most=_MOST_STEPS, tolerance=_STILL
    )
    return Fitted(system.restored(rest.at, lines), rest.steps, rest.moved)


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """The sums of each pattern of missing cells, and which columns each mechanism reads.

    Args:
        factors: The mechanisms, in causal order.
        targets: The column of each factor's variable.
        reads: The columns that each factor reads, without the one.
        latent: The columns of the variables that lack cells.
        sums: ``Σ z z'`` of each pattern, of shape (patterns, columns, columns), zero where missing.
        counts: Rows of each pattern.
        says: Which patterns say something about which factor, of shape (patterns, factors).
        missing: Which patterns lack which of ``latent``, of shape (patterns, latent).
        centre: What was taken off each column.
        scale: What each column was divided by.
    """

    factors: tuple[str, ...]
    targets: tuple[int, ...]
    reads: tuple[tuple[int, ...], ...]
    latent: tuple[int, ...]
    sums: Tensor
    counts: Tensor
    says: Tensor
    missing: Tensor
    centre: Tensor
    scale: Tensor

    @classmethod
    def made(cls, gaps: Gaps, component: Component, lines: Mapping[str, Additive]) -> "System":
        """Columns, standardised by what was observed of them, and their sums."""
        one = torch.ones(gaps.height, dtype=DTYPE)
        columns: list[Tensor] = [one]
        nodes = tuple(dict.fromkeys((*component.latent, *component.factors)))
        place: dict[str, int] = {}
        for node in nodes:
            place[node] = len(columns)
            columns.append(gaps.values[node])
        known: dict[Term, tuple[int, ...]] = {}
        reads = []
        for node in component.factors:
            read: list[int] = []
            predictor = lines[node].predictor
            assert isinstance(predictor, Predictor)
            for term in predictor.terms:
                if term.parent in component.latent:
                    read.append(place[term.parent])
                    continue
                if term not in known:
                    made = term.columns(gaps.values[term.parent]).unbind(dim=-1)
                    known[term] = tuple(range(len(columns), len(columns) + len(made)))
                    columns += made
                read += known[term]
            reads.append(tuple(read))
        table, centre, scale = _standardised(torch.stack(columns, dim=1))
        patterns = patterns_of(gaps, component)
        return cls(
            component.factors,
            tuple(place[node] for node in component.factors),
            tuple(reads),
            tuple(place[node] for node in component.latent),
            torch.stack([table[p.rows].T @ table[p.rows] for p in patterns]),
            torch.tensor([len(pattern.rows) for pattern in patterns], dtype=DTYPE),
            _held(patterns, component.factors, "factors"),
            _held(patterns, component.latent, "absent"),
            centre,
            scale,
        )

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.centre)

    def start(self) -> Tensor:
        """Each mechanism by the rows in which all that it reads was observed."""
        reads = torch.zeros((len(self.factors), len(self.latent)), dtype=DTYPE)
        for at, (target, read) in enumerate(zip(self.targets, self.reads, strict=True)):
            for column, latent in enumerate(self.latent):
                reads[at, column] = float(latent in (target, *read))
        whole = self.says * ((self.missing @ reads.T) == 0).to(DTYPE)
        return self._regressed(torch.einsum("pf,pde->fde", whole, self.sums), whole)

    def step(self, at: Tensor) -> Tensor:
        """One step of EM: expected sums, then least squares."""
        full, _ = self._expected(at)
        return self._regressed(torch.einsum("pf,pde->fde", self.says, full), self.says)

    def height(self, at: Tensor) -> float:
        """The log-likelihood of what was observed, and what stands for the degrees of freedom."""
        lines, logs = self._read(at)
        full, inner = self._expected(at, spread=False)
        square = torch.einsum("fd,pde,fe->pf", lines, full, lines)
        fit = (self.says * (square / logs.exp() + self.counts.unsqueeze(1) * logs)).sum()
        # Shrinking a determinant's matrix to what is missing leaves ones on the diagonal.
        dets = (self.counts * torch.linalg.slogdet(inner).logabsdet).sum()
        spent = sum(float(log) * (1 + len(r)) for log, r in zip(logs, self.reads, strict=True))
        return float(spent - fit - dets) / 2

    def restored(self, at: Tensor, lines: Mapping[str, Additive]) -> dict[str, Additive]:
        """The mechanisms in the variables' own units."""
        found = {}
        for number, (node, start) in enumerate(zip(self.factors, self._places(), strict=True)):
            target, read = self.targets[number], list(self.reads[number])
            unit = self.scale[target]
            slopes = at[start + 1 : start + 1 + len(read)] * unit / self.scale[read]
            intercept = self.centre[target] + unit * at[start] - slopes @ self.centre[read]
            predictor = lines[node].predictor
            assert isinstance(predictor, Predictor)
            widths = [term.width for term in predictor.terms]
            weights = tuple(part.clone() for part in torch.split(slopes, widths)) if widths else ()
            noise = normal(float(unit * (at[start + 1 + len(read)] / 2).exp()))
            found[node] = replace(
                lines[node], predictor=Predictor(predictor.terms, intercept, weights), noise=noise
            )
        return found

    def _places(self) -> list[int]:
        """Where each factor's numbers start: the intercept, the slopes, the log variance."""
        found, start = [], 0
        for read in self.reads:
            found.append(start)
            start += len(read) + 2
        return found

    def _read(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The rows ``r_j``, of shape (factors, columns), and the log variances."""
        lines = torch.zeros((len(self.factors), self.width), dtype=DTYPE)
        logs = torch.zeros(len(self.factors), dtype=DTYPE)
        for number, start in enumerate(self._places()):
            read = list(self.reads[number])
            lines[number, 0] = -at[start]
            lines[number, read] = -at[start + 1 : start + 1 + len(read)]
            lines[number, self.targets[number]] = 1.0
            logs[number] = at[start + 1 + len(read)]
        return lines, logs

    def _expected(self, at: Tensor, *, spread: bool = True) -> tuple[Tensor, Tensor]:
        """The expected sums of each pattern given what was observed, and the precisions ``Λ``.

        Args:
            at: The parameters.
            spread: Whether the variance of what is missing counts too.
        """
        lines, logs = self._read(at)
        latent = list(self.latent)
        weights = self.says * (-logs).exp()
        gains = lines[:, latent]
        both = self.missing.unsqueeze(1) * self.missing.unsqueeze(2)
        inner = torch.einsum("pf,fv,fw->pvw", weights, gains, gains) * both
        inner = inner + torch.diag_embed(1.0 - self.missing)
        shift = torch.einsum("pf,fv,fd->pvd", weights, gains, lines) * self.missing.unsqueeze(2)
        root = torch.linalg.cholesky(inner)
        mean = torch.eye(self.width, dtype=DTYPE).repeat(len(self.sums), 1, 1)
        mean[:, latent] = mean[:, latent] - torch.cholesky_solve(shift, root)
        full = mean @ self.sums @ mean.transpose(1, 2)
        if spread:
            covariance = torch.cholesky_inverse(root) * both * self.counts[:, None, None]
            place = torch.zeros((len(latent), self.width), dtype=DTYPE)
            place[range(len(latent)), latent] = 1.0
            full = full + place.T @ covariance @ place
        return full, inner

    def _regressed(self, sums: Tensor, says: Tensor) -> Tensor:
        """Least squares of each factor on its sums, as one list of numbers."""
        rows = self.counts @ says
        found: list[Tensor] = []
        for number, (target, reads) in enumerate(zip(self.targets, self.reads, strict=True)):
            own, count, read = sums[number], rows[number], list(reads)
            middle, mean = own[0, read] / count, own[0, target] / count
            gram = own[read][:, read] - count * torch.outer(middle, middle)
            moment = own[read, target] - count * middle * mean
            slopes, scale = solved(gram, moment, middle, int(count))
            slopes = slopes / scale
            left = own[target, target] - count * mean**2 - 2 * slopes @ moment
            left = left + slopes @ gram @ slopes
            spread = (left / max(float(count) - 1 - len(read), 1.0)).clamp(min=_FLOOR**2)
            intercept = mean - slopes @ middle
            found += [intercept.reshape(1), slopes, spread.log().reshape(1)]
        return torch.cat(found)


def _held(patterns: Sequence[Pattern], names: Sequence[str], field: str) -> Tensor:
    """Ones where a pattern has a name in this field."""
    return torch.tensor(
        [[float(name in getattr(pattern, field)) for name in names] for pattern in patterns],
        dtype=DTYPE,
    )


def _standardised(columns: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Columns of mean zero and variance one where observed, zero elsewhere; the first is a one."""
    seen = ~columns.isnan()
    counts = seen.sum(dim=0)
    centre = columns.nansum(dim=0) / counts
    centre[0] = 0.0
    away = torch.where(seen, columns - centre, 0.0)
    scale = (away.square().sum(dim=0) / counts).sqrt()
    flat = scale <= 1e-12 * (1.0 + centre.abs())
    scale = torch.where(flat, torch.ones_like(scale), scale)
    scale[0] = 1.0
    return torch.where(flat, torch.zeros_like(away), away / scale), centre, scale
