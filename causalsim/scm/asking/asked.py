"""Any question to a model: expanded, answered part by part, and put together.

The engines in order: exact contraction where everything that matters has levels; exact Gaussian
conditioning for means of linear models; else draws, with standard errors. Parts of a contrast that
know the same share their draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from causalsim.errors.asking import AskingError
from causalsim.estimand.events import (
    Combination,
    Expectation,
    Probability,
    Question,
    Quotient,
)
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Level, Query
from causalsim.scm.asking.answer import SimulatedAnswer
from causalsim.scm.asking.estimate import Estimate, exactly, stacked
from causalsim.scm.asking.exact import linear_mean, over_levels
from causalsim.scm.asking.expansion import Expansion, Leaf, Simple, Spot, Worlds, expand
from causalsim.scm.asking.simulation import Given, Simulated, counted, simulate
from causalsim.scm.engines.choosing import require_engine
from causalsim.scm.engines.engine import Engine
from causalsim.scm.parallel.asking import Model, require_count
from causalsim.seeds import Seed


def answer_question(
    model: Model,
    question: Question | str,
    *,
    draws: int,
    by: Engine | None,
    seed: Seed,
    treatment: str = "",
) -> SimulatedAnswer:
    """The answer to `SCM.answer`."""
    require_count("draws", draws)
    require_engine(by)
    asked = parse_query(question, treatment) if isinstance(question, str) else question
    if not isinstance(asked, Query | Probability | Expectation | Combination | Quotient):
        raise AskingError.not_a_question(asked)
    worlds = Worlds(model)
    simple = list(dict.fromkeys(_simple(asked)))
    expansions = {one: expand(one, worlds) for one in simple}
    run = _Run(worlds, expansions, draws, by, seed)
    axes, levels, estimate = run.value(asked)
    return SimulatedAnswer(
        asked,
        axes,
        levels,
        estimate.values,
        estimate.errors,
        not estimate.influence,
        tuple(run.engines),
        dict(run.couplings),
    )


Found = tuple[tuple[str, ...], tuple[tuple[Level, ...], ...], Estimate]


@dataclass(slots=True)
class _Run:
    """One question on its way to its answer."""

    worlds: Worlds
    expansions: Mapping[Simple, Expansion]
    draws: int
    by: Engine | None
    seed: Seed
    engines: dict[str, None] = field(default_factory=dict)
    couplings: dict[str, str] = field(default_factory=dict)
    simulated: dict[Given, Simulated] = field(default_factory=dict)

    def value(self, question: Question) -> Found:
        """A question's axes, levels and estimate."""
        match question:
            case Combination(terms):
                weight, first = terms[0]
                axes, levels, total = self.value(first)
                total = total.plus(exactly(np.zeros(())), weight, 0.0)
                for weight, part in terms[1:]:
                    total = total.plus(self.aligned(part, axes), 1.0, weight)
                return axes, levels, total
            case Quotient(numerator, denominator):
                axes, levels, top = self.value(numerator)
                bottom = self.aligned(denominator, axes)
                if bool((bottom.values == 0).any()):
                    raise AskingError.no_ratio(denominator)
                return axes, levels, top.over(bottom)
            case _:
                return self.plain(question)

    def aligned(self, question: Question, axes: tuple[str, ...]) -> Estimate:
        """The estimate of a part that has the same axes as the first."""
        found, _, estimate = self.value(question)
        if found != axes:
            raise AskingError.other_axes(axes, found)
        return estimate

    def plain(self, question: Simple) -> Found:
        """A question without arithmetic."""
        expansion = self.expansions[question]
        parts = {part.at: self.leaf(part.leaf) for part in expansion.parts}
        last = len(expansion.parts[0].at)
        shape = tuple(len(levels) for levels in expansion.levels[len(expansion.axes) - last :])
        return expansion.axes, expansion.levels, stacked(parts, shape)

    def leaf(self, leaf: Leaf) -> Estimate:
        """One number or table, by the first engine that answers it."""
        reasons = ["as asked"] if self.by is not None else []
        for engine in (over_levels, linear_mean) if self.by is None else ():
            found = engine(leaf, self.worlds)
            if not isinstance(found, str):
                self.engines[found.engine] = None
                self.couplings.update(found.couplings)
                return exactly(found.values)
            reasons.append(found)
        drawn = self.drawn(leaf)
        self.engines[f"{drawn.engine}, because {'; '.join(reasons)}"] = None
        self.couplings.update(drawn.couplings)
        return counted(leaf, drawn, self.worlds)

    def drawn(self, leaf: Leaf) -> Simulated:
        """The draws under the evidence of a leaf, made once for all that know the same."""
        if leaf.given not in self.simulated:
            asked: list[Spot] = []
            for expansion in self.expansions.values():
                for part in expansion.parts:
                    if part.leaf.given == leaf.given:
                        asked += [spot for spot, _ in part.leaf.events]
                        asked += [part.leaf.mean] if part.leaf.mean is not None else []
            self.simulated[leaf.given] = simulate(
                leaf, asked, self.worlds, draws=self.draws, by=self.by, seed=self.seed
            )
        return self.simulated[leaf.given]


def _simple(question: Question) -> list[Simple]:
    """The questions without arithmetic inside a question."""
    match question:
        case Combination(terms):
            return [one for _, part in terms for one in _simple(part)]
        case Quotient(numerator, denominator):
            return [*_simple(numerator), *_simple(denominator)]
        case _:
            return [question]
