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
from sklearn.linear_model import LinearRegression, LogisticRegression

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
from causalsim.estimation.estimator import Sharing
from causalsim.estimation.reading.roles import PLAIN, Roles

TABLE = Path(__file__).parents[2] / "docs" / "studies" / "coverage.md"
SMALL = {
    "folds": 2,
    "repeats": 1,
    "outcome": Ridge(products=False),
    "propensity": LogisticRidge(products=False),
}
WAVY = {
    "repeats": 1,
    "outcome": Ridge(),
    "propensity": (LogisticRidge(False), LogisticRidge()),
}
LINEAR = AIPW(repeats=1, outcome=LinearRegression(), propensity=LogisticRegression(C=1e6))
TWICE = "nonlinear confounding, n = 2,000"


@dataclass(frozen=True)
class Case:
    """Some rows of the table: what is asked of one kind of data, from one cross-fit a sample.

    Attributes:
        name: What the data are.
        draw: From a seed to a sample.
        aims: For each estimand an estimator and the truth.
        roles: Columns of weights and clusters, and the arms compared.
        null: Whether treatments are dealt out anew, so that nothing has an effect.
    """

    name: str
    draw: Callable[[int], Generated]
    aims: dict[str, tuple[Any, float]]
    roles: Roles = PLAIN
    null: bool = False

    def run(self, seed: int) -> list[dict[str, Any]]:
        """One sample."""
        data = self.draw(seed)
        started = time.process_time()
        frame = data.frame
        if self.null:  # the same people, with treatments that are dealt out at random
            shuffled = np.random.default_rng(seed).permutation(frame["a"].to_numpy())
            frame = frame.assign(a=shuffled)
        task = Task.of(frame, Query("y", do="a"), data.adjustment, self.roles)
        first = next(iter(self.aims.values()))[0]
        shared = first.crossfit.fit(task, seed) if isinstance(first, Sharing) else None
        made = []
        for estimand, (estimator, truth) in self.aims.items():
            effect: Effect = (
                estimator.effect(task, shared, seed)
                if shared is not None and isinstance(estimator, AIPW | TMLE)
                else estimator.fit(task, seed)
            )
            made.append(
                {
                    "case": self.name,
                    "estimand": estimand,
                    "seed": seed,
                    "value": effect.value,
                    "error": effect.standard_error,
                    "held": bool(truth in effect.interval()),
                    "noted": any("clipped" in note for note in effect.notes),
                    "seconds": time.process_time() - started,
                }
            )
        return made


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


def targets(settings: dict[str, Any], att: float, atc: float, ato: float) -> dict[str, Any]:
    """Everything that is asked of two arms."""
    return {
        "ATE": (AIPW(**settings), 1.25),
        "ATE by TMLE": (TMLE(**settings), 1.25),
        "ATT": (AIPW(**settings, target=Treated()), att),
        "ATC": (AIPW(**settings, target=Untreated()), atc),
        "ATO": (AIPW(**settings, target=Overlap()), ato),
        "ratio of means": (AIPW(**settings, contrast=Ratio()), 2.25),
    }


def cases() -> list[Case]:
    """Every row."""
    curved, rows = generators.nonlinear_confounding, 1000
    bulk = many(curved, 500_000)
    shares = [population(bulk, tilt) for tilt in (lambda e: e, lambda e: 1 - e, _overlap)]
    small, weak = AIPW(**SMALL), many(generators.weak_overlap, rows)
    overlap = AIPW(**SMALL, target=Overlap())
    tails, groups = many(generators.heavy_tails, rows), many(generators.clustered, 1200)
    weighted = many(generators.unevenly_sampled, rows)
    holes, arms = many(generators.missing_cells, rows), many(generators.three_arms, 1200)
    new, old = Roles(arms=("none", "new")), Roles(arms=("none", "old"))
    return [
        Case(f"{TWICE}, true regressions", many(curved, 2000), {"ATE": (Oracle(), 1.25)}),
        Case(f"{TWICE}, straight regressions", many(curved, 2000), {"ATE": (LINEAR, 1.25)}),
        Case("nonlinear confounding, n = 1,000", many(curved, rows), targets(WAVY, *shares)),
        Case(
            "nonlinear confounding, treatment shuffled", many(curved, rows),
            {"ATE": (AIPW(**WAVY), 0.0)}, null=True,
        ),
        Case("weak overlap", weak, {"ATO": (overlap, 1.0), "ATE (must warn)": (small, 1.0)}),
        Case("weak overlap, treatment shuffled", weak, {"ATO": (overlap, 0.0)}, null=True),
        Case(
            "heavy tails (t, 3 df)", tails,
            {"ATE": (small, 1.0), "by IPW": (IPW(), 1.0), "by regression": (Regression(), 1.0)},
        ),
        Case("heavy tails, treatment shuffled", tails, {"ATE": (small, 0.0)}, null=True),
        Case("60 clusters of 20", groups, {"ATE": (small, 1.0)}, Roles(clusters="group")),
        Case("the same, clusters ignored", groups, {"ATE": (small, 1.0)}),
        Case("sampling weights", weighted, {"ATE": (small, 1.0)}, Roles(weights="weight")),
        Case("the same, weights ignored", weighted, {"ATE": (small, 1.0)}),
        Case("missing cells", holes, {"ATE": (small, 1.0)}),
        Case(
            "three arms", arms,
            {"new - none": (small, 1.5), "the same, ATO": (overlap, population_of_three())}, new,
        ),
        Case("three arms", arms, {"old - none": (small, 0.5)}, old),
        Case(f"{TWICE}, default AIPW()", many(curved, 2000), targets({}, *shares)),
        Case(
            "nonlinear confounding, n = 500, default AIPW()",
            many(curved, 500),
            {"ATE": (AIPW(), 1.25), "ATO": (AIPW(target=Overlap()), shares[2])},
        ),
    ]  # fmt: skip


def _overlap(e: Any) -> Any:
    return e * (1 - e)


def population_of_three() -> float:
    """The effect of ``new`` where any of the three arms was well possible."""
    x1, x2 = np.random.default_rng(900_000).standard_normal((2, 2_000_000))
    odds = np.exp(np.column_stack([np.zeros(len(x1)), 0.6 * x1, 0.6 * x2 - 0.3 * x1]))
    chances = odds / odds.sum(axis=1, keepdims=True)
    return float(np.average(1.5 + x1, weights=1.0 / (1.0 / chances).sum(axis=1)))


def told(case: Case, estimand: str, found: pd.DataFrame) -> str:
    """One line of the table."""
    off = found["value"] - case.aims[estimand][1]
    spread = found["value"].std(ddof=1)
    size = f"{1 - found['held'].mean():.1%}" if case.null else ""
    return (
        f"| {case.name} | {estimand} | {off.mean():+.3f} | {spread:.3f} | "
        f"{found['error'].mean() / spread:.2f} | {found['held'].mean():.1%} | {size} | "
        f"{found['noted'].mean():.0%} | {len(found)} |"
    )


def write(made: list[Case], done: list[dict[str, Any]]) -> str:
    """The whole page."""
    frame = pd.DataFrame(done).drop_duplicates(["case", "estimand", "seed"])
    lines = []
    for case in made:
        for estimand in case.aims:
            mine = frame[(frame["case"] == case.name) & (frame["estimand"] == estimand)]
            if len(mine) > 1:
                lines.append(told(case, estimand, mine))
    half = 1.96 * math.sqrt(0.95 * 0.05 / 200)
    body = "\n".join(lines)
    return f"""# Coverage of 95 % intervals

`python tests/benchmarks/study_coverage.py`: independent samples of generators whose truth is known
(`causalsim.datasets.generators`). With 200 samples a true 95 % is measured within {half:.1%} of
itself in 19 of 20 studies. *Bias* is the mean error, *sd* the standard deviation of the estimates,
*se / sd* the mean standard error over it, *size* how often a shuffled treatment is found to have
an effect at 5 %, *warned* how often the effect carries a note about clipped propensities.

Unless a row says "default", learners are small and suit the generator (splines with penalties
found from the data; products, and five folds, with nonlinear confounding; two folds elsewhere):
the rows are about intervals, not about learners. Estimands of one kind of data come from one
cross-fit a sample. Rows in which clusters or weights are ignored are there to show what
it costs; they are meant to fail.

| data | estimand | bias | sd | se / sd | coverage | size | warned | samples |
|---|---|---|---|---|---|---|---|---|
{body}

As last run:

- The default at 2,000 rows covers 93 % of 200 samples where the true regressions cover 95 % of the
  same: its estimates are .010 above theirs, a sixth of a standard deviation. At 500 rows what its
  learners leave of the confounding is a third of a standard deviation, and it covers 93 % too.
- The effect on the treated at 1,000 rows falls short: 91 %. The odds of treatment of this generator
  grow as ``exp(0.4 x2^2)`` and have no finite variance: treated people with a large ``x2`` have
  next to no control like them. On the same samples the interval covers 90.5 % with the true
  propensities in place of those learnt, 96 % with the true regressions, 96.5 % with both: what
  falls short is the regression of the controls where it has to guess.
- Rescaling the weights that stand for others (`causalsim.estimation.averaging.targets`) brought the
  standard deviation of that row from 1.134 to 0.222 on the same samples and cross-fits (in one a
  single control had nearly all the weight, and the estimate was -14.6), that of ATE from 0.113 to
  0.105 and of ATC from 0.106 to 0.102; ATO is as it was.
- With heavy tails the effect on everyone is covered in 91.5 %: around their own mean the intervals
  hold 94 %, and a bias of a seventh of a standard deviation and chance take the rest.
- Inverse-probability weighting takes the propensity as known, so that its interval is too wide.
- Ignoring clusters costs 5 points of coverage here, ignoring weights all of it.
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
            if given.only not in case.name:
                continue
            for seed in range(given.replications):
                if time.monotonic() > ended:
                    break
                if (case.name, next(iter(case.aims)), seed) not in known:
                    for one in case.run(seed):
                        done.append(one)
                        file.write(json.dumps(one) + "\n")
                    file.flush()
    page = write(made, done)
    print(page)
    TABLE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
