"""How often does a 95 % interval hold the truth, for which estimand, on which data?

``python tests/benchmarks/study_coverage.py --seconds 400`` goes on where the last call stopped,
keeps what is done in ``--done`` and writes ``docs/studies/coverage.md``; ``--only weak`` takes the
cases whose name holds a word, ``--replications 20`` fewer samples of each.

Most cases use small, correctly specified learners (splines with found penalties, two folds),
since their point is the inference and not the learner; those called "default" use what a user gets.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from causalsim.datasets import generators
from causalsim.datasets.generators import Generated
from causalsim.estimand.query import Query
from causalsim.estimation import (
    AIPW,
    IPW,
    TMLE,
    Overlap,
    Ratio,
    Regression,
    Task,
    Treated,
    Untreated,
)
from causalsim.estimation.crossfitting.learners import LogisticRidge, Ridge
from causalsim.estimation.crossfitting.nuisances import Nuisances, Split
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import PLAIN, Roles

TABLE = Path(__file__).parents[2] / "docs" / "studies" / "coverage.md"
SMALL = {
    "folds": 2,
    "repeats": 1,
    "outcome": Ridge(products=False),
    "propensity": LogisticRidge(products=False),
}
TWICE = "nonlinear confounding, n = 2,000"


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    estimand: str
    draw: Callable[[int], Generated]
    fit: Any
    truth: float
    roles: Roles = PLAIN
    null: bool = False

    def run(self, seed: int) -> dict[str, Any]:
        """One sample."""
        data = self.draw(seed)
        started = time.process_time()
        frame = data.frame
        if self.null:  # the same people, with treatments that are dealt out at random
            shuffled = np.random.default_rng(seed).permutation(frame["a"].to_numpy())
            frame = frame.assign(a=shuffled)
        task = Task.of(frame, Query("y", do="a"), data.adjustment, self.roles)
        effect = self.fit.fit(task, seed)
        inside = effect.interval()
        return {
            "case": self.name,
            "estimand": self.estimand,
            "seed": seed,
            "value": effect.value,
            "error": effect.standard_error,
            "held": bool(self.truth in inside),
            "noted": any("clipped" in note for note in effect.notes),
            "seconds": time.process_time() - started,
        }


@dataclass(frozen=True)
class Oracle:
    """AIPW with the true regressions of `nonlinear_confounding`: what chance alone does."""

    def fit(self, task: Task, seed: int) -> Effect:
        x1, x2, x3, _, x5 = task.design.matrix.T
        low = 2 * np.sin(2 * x1) + x2**2 + 0.5 * x3 + x1 * x5
        logit = 0.8 * np.sin(2 * x1) + 0.4 * (x2**2 - 1) + 0.5 * x1 * x5 - 0.25
        chance = 1.0 / (1.0 + np.exp(-logit))
        split = Split(
            np.zeros(task.height, dtype=int),
            np.column_stack([1 - chance, chance]),
            np.column_stack([low, low + 1 + x3 + 0.5 * x5]),
            (),
        )
        return AIPW(clip=0.0).effect(task, Nuisances((split,), "known"), seed)


def population(draw: Callable[[int], Generated], tilt: Callable[[Any], Any]) -> float:
    """The effect over a weighted population, from two million units of it."""
    drawn = [draw(seed) for seed in range(900_001, 900_005)]
    e = np.concatenate([one.propensity for one in drawn])
    effect = np.concatenate([one.effect for one in drawn])
    return float(np.average(effect, weights=tilt(e)))


def many(generator: Callable[..., Generated], rows: int) -> Callable[[int], Generated]:
    return lambda seed: generator(rows, seed)


def cases() -> list[Case]:
    """Every row."""
    curved, rows = generators.nonlinear_confounding, 1000
    bulk = many(curved, 500_000)
    att = population(bulk, lambda e: e)
    atc = population(bulk, lambda e: 1 - e)
    ato = population(bulk, lambda e: e * (1 - e))
    wavy = {**SMALL, "outcome": Ridge(), "propensity": LogisticRidge()}
    draw = many(curved, rows)
    name = "nonlinear confounding, n = 1,000"
    made = [
        Case(name, "ATE", draw, AIPW(**wavy), 1.25),
        Case(name, "ATE by TMLE", draw, TMLE(**wavy), 1.25),
        Case(name, "ATT", draw, AIPW(**wavy, target=Treated()), att),
        Case(name, "ATC", draw, AIPW(**wavy, target=Untreated()), atc),
        Case(name, "ATO", draw, AIPW(**wavy, target=Overlap()), ato),
        Case(name, "ratio of means", draw, AIPW(**wavy, contrast=Ratio()), 2.25),
        Case(name, "ATE, treatment shuffled", draw, AIPW(**wavy), 0.0, null=True),
        Case(f"{TWICE}, true regressions", "ATE", many(curved, 2000), Oracle(), 1.25),
    ]
    weak = many(generators.weak_overlap, rows)
    made += [
        Case("weak overlap", "ATO", weak, AIPW(**SMALL, target=Overlap()), 1.0),
        Case("weak overlap", "ATE (must warn)", weak, AIPW(**SMALL), 1.0),
        Case(
            "weak overlap", "ATO, shuffled", weak, AIPW(**SMALL, target=Overlap()), 0.0, null=True
        ),
    ]
    tails = many(generators.heavy_tails, rows)
    made += [
        Case("heavy tails (t, 3 df)", "ATE", tails, AIPW(**SMALL), 1.0),
        Case("heavy tails (t, 3 df)", "ATE by IPW", tails, IPW(), 1.0),
        Case("heavy tails (t, 3 df)", "ATE by regression", tails, Regression(), 1.0),
        Case("heavy tails (t, 3 df)", "ATE, shuffled", tails, AIPW(**SMALL), 0.0, null=True),
    ]
    groups = many(generators.clustered, 1200)
    weighted = many(generators.unevenly_sampled, rows)
    holes = many(generators.missing_cells, rows)
    arms = many(generators.three_arms, 1200)
    grouped, counted = Roles(clusters="group"), Roles(weights="weight")
    made += [
        Case("60 clusters of 20", "ATE", groups, AIPW(**SMALL), 1.0, grouped),
        Case("the same, clusters ignored", "ATE", groups, AIPW(**SMALL), 1.0),
        Case("sampling weights", "ATE", weighted, AIPW(**SMALL), 1.0, counted),
        Case("the same, weights ignored", "ATE", weighted, AIPW(**SMALL), 1.0),
        Case("missing cells", "ATE", holes, AIPW(**SMALL), 1.0),
        Case("three arms", "new - none", arms, AIPW(**SMALL), 1.5, Roles(arms=("none", "new"))),
        Case("three arms", "old - none", arms, AIPW(**SMALL), 0.5, Roles(arms=("none", "old"))),
        Case(
            "three arms", "new - none, ATO", arms, AIPW(**SMALL, target=Overlap()),
            population_of_three(), Roles(arms=("none", "new")),
        ),
    ]  # fmt: skip
    made.append(Case(f"{TWICE}, default AIPW()", "ATE", many(curved, 2000), AIPW(), 1.25))
    return made


def population_of_three() -> float:
    """The effect of ``new`` where any of the three arms was well possible."""
    x1, x2 = np.random.default_rng(900_000).standard_normal((2, 2_000_000))
    odds = np.exp(np.column_stack([np.zeros(len(x1)), 0.6 * x1, 0.6 * x2 - 0.3 * x1]))
    chances = odds / odds.sum(axis=1, keepdims=True)
    return float(np.average(1.5 + x1, weights=1.0 / (1.0 / chances).sum(axis=1)))


def told(case: Case, found: pd.DataFrame) -> str:
    """One line of the table."""
    off = found["value"] - case.truth
    spread = found["value"].std(ddof=1)
    size = f"{1 - found['held'].mean():.1%}" if case.null else ""
    return (
        f"| {case.name} | {case.estimand} | {off.mean():+.3f} | {spread:.3f} | "
        f"{found['error'].mean() / spread:.2f} | {found['held'].mean():.1%} | {size} | "
        f"{found['noted'].mean():.0%} | {len(found)} |"
    )


def write(made: list[Case], done: list[dict[str, Any]]) -> str:
    """The whole page."""
    frame = pd.DataFrame(done)
    lines = []
    for case in made:
        mine = frame[(frame["case"] == case.name) & (frame["estimand"] == case.estimand)]
        if len(mine) > 1:
            lines.append(told(case, mine))
    half = 1.96 * math.sqrt(0.95 * 0.05 / 200)
    body = "\n".join(lines)
    return f"""# Coverage of 95 % intervals

`python tests/benchmarks/study_coverage.py`: independent samples of generators whose truth is known
(`causalsim.datasets.generators`). With 200 samples a true 95 % is measured within {half:.1%} of
itself in 19 of 20 studies. *Bias* is the mean error, *sd* the standard deviation of the estimates,
*se / sd* the mean standard error over it, *size* how often a shuffled treatment is found to have
an effect at 5 %, *warned* how often the effect carries a note about clipped propensities.

Unless a row says "default", learners are small and suit the generator (splines with penalties
found from the data, products where the generator has any, two folds): the rows are about
intervals, not about learners. Rows in which clusters or weights are ignored are there to show what
it costs; they are meant to fail.

| data | estimand | bias | sd | se / sd | coverage | size | warned | samples |
|---|---|---|---|---|---|---|---|---|
{body}
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--done", type=Path, default=Path("coverage_done.jsonl"))
    asked.add_argument("--replications", type=int, default=200)
    asked.add_argument("--seconds", type=float, default=400.0)
    asked.add_argument("--only", default="")
    given = asked.parse_args()
    lines = given.done.read_text().splitlines() if given.done.exists() else []
    done = [json.loads(line) for line in lines]
    known = {(one["case"], one["estimand"], one["seed"]) for one in done}
    made = cases()
    ended = time.monotonic() + given.seconds
    with given.done.open("a") as file:
        for case in made:
            if given.only not in f"{case.name} {case.estimand}":
                continue
            for seed in range(given.replications):
                if time.monotonic() > ended:
                    break
                if (case.name, case.estimand, seed) not in known:
                    done.append(case.run(seed))
                    file.write(json.dumps(done[-1]) + "\n")
    page = write(made, done)
    print(page)
    TABLE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
