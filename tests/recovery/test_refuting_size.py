"""How often does an attempt to break a sound estimate succeed? At most in 8 % of studies.

``python tests/recovery/test_refuting_size.py`` runs the studies and writes the table to
``docs/studies/refuting_size.md``; pytest runs them with ``-m slow``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks.refuting import SUITE, NegativeControl, refute
from causalsim.datasets.generators import nonlinear_confounding
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, Effect, Overlap, Regression, Task, Treated
from causalsim.graph.graph import Graph

CONTROLS = (NegativeControl(outcome="before"), NegativeControl(treatment="other"))
REFITS = tuple(replace(way, refit=True) for way in SUITE)  # type: ignore[type-var]
LIGHT = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression(C=1e6))
GRAPH = Graph("a <- x0 -> y; a <- x1 -> y; a <- x2 -> y; a -> y; x0 -> before; x1 -> other")


def linear(rows: int, seed: int) -> pd.DataFrame:
    """A linear world with heavy tails (Student's t, 4 degrees) and propensities from .03 to .97."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 3))
    a = (x.sum(axis=1) * 0.7 + rng.logistic(size=rows) > 0).astype(int)
    frame = pd.DataFrame(x, columns=["x0", "x1", "x2"])
    noise = rng.standard_t(4, size=(3, rows))
    return frame.assign(
        a=a,
        y=a * (1 + x[:, 0]) + x.sum(axis=1) + noise[0],
        before=x[:, 0] + noise[1],
        other=x[:, 1] + noise[2],
    )


@dataclass(frozen=True)
class Study:
    """Effects by sound estimators, and the ways that are tried on each."""

    name: str
    replications: int
    effects: Callable[[int], Iterator[tuple[str, Effect, pd.DataFrame]]]
    ways: tuple[Any, ...]

    def rows(self) -> list[str]:
        """One row of the table for each estimator."""
        failed: dict[str, dict[str, int]] = {}
        for seed in range(self.replications):
            for label, effect, frame in self.effects(1000 + seed):
                counts = failed.setdefault(label, {})
                for one in refute(effect, frame, by=self.ways, seed=seed):
                    counts[one.name] = counts.get(one.name, 0) + (not one.passed)
        return [
            f"| {label} | {self.name} | {self.replications} | {attempt} | "
            f"{count / self.replications:.1%} |"
            for label, counts in failed.items()
            for attempt, count in counts.items()
        ]


def learnt(rows: int) -> Callable[[int], Iterator[tuple[str, Effect, pd.DataFrame]]]:
    """The default learners, two folds, on a world that no line fits."""

    def effects(seed: int) -> Iterator[tuple[str, Effect, pd.DataFrame]]:
        data = nonlinear_confounding(rows, seed=seed)
        task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        made = AIPW(folds=2, repeats=1)
        nuisances = made.crossfit.fit(task, seed)
        yield "AIPW()", made.effect(task, nuisances, seed), data.frame
        for target in (Treated(), Overlap()):
            by = replace(made, target=target)
            yield f"AIPW(target={target})", by.effect(task, nuisances, seed), data.frame

    return effects


def simple(*estimators: Any) -> Callable[[int], Iterator[tuple[str, Effect, pd.DataFrame]]]:
    """Small parametric estimators, which are right in the linear world."""

    def effects(seed: int) -> Iterator[tuple[str, Effect, pd.DataFrame]]:
        frame = linear(500, seed)
        task = Task.of(frame, Query("y", do="a"), ("x0", "x1", "x2"))
        for by in estimators:
            yield f"{by.name}, linear", by.fit(task, seed), frame

    return effects


VOUCHED = tuple(replace(way, graph=GRAPH) for way in CONTROLS)
STUDIES = (
    Study("stored, nonlinear, 500 rows", 100, learnt(500), SUITE),
    Study("stored, nonlinear, 2,000 rows", 60, learnt(2000), SUITE),
    Study(
        "stored, linear, heavy tails, 500 rows",
        200,
        simple(LIGHT, IPW(propensity=LogisticRegression(C=1e6))),
        (*SUITE, *VOUCHED),
    ),
    Study("refit, linear, heavy tails, 500 rows", 100, simple(Regression()), REFITS),
    Study("refit, linear, heavy tails, 500 rows", 40, simple(LIGHT), REFITS),
)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_sound_estimate_fails_in_at_most_8_percent_of_studies(study: Study) -> None:
    for row in study.rows():
        share = float(row.rstrip("| ").rsplit("|", 1)[1].strip(" %")) / 100
        error = np.sqrt(0.08 * 0.92 / study.replications)
        assert share <= 0.08 + 2.0 * error, row


HEAD = """# How often sound estimates are said to fail

`tests/recovery/test_refuting_size.py`: independent samples, sound estimators, and the share of
samples in which each attempt to break the estimate says that it failed. The goal is at most 8 %;
with 100 samples a share of 5 % is measured within 4.4 % of itself in 19 of 20 studies.

*Stored* reads the scores behind the effect again; *refit* runs the whole recipe on altered data.
The nonlinear world is `datasets.generators.nonlinear_confounding`; the linear one has noise with
Student's t distribution of 4 degrees and propensities between about .03 and .97.

| estimator | study | samples | attempt | failed |
|---|---|---|---|---|
"""


if __name__ == "__main__":
    import sys

    out = Path(__file__).parents[2] / "docs" / "studies" / "refuting_size.md"
    lines = out.read_text().split("|---|---|---|---|---|\n")[1] if out.exists() else ""
    asked = sys.argv[1:] or [str(number) for number in range(len(STUDIES))]
    for one in asked:  # "2" is a whole study, "2:50" its first fifty samples
        number, _, fewer = one.partition(":")
        study = STUDIES[int(number)]
        study = replace(study, replications=int(fewer)) if fewer else study
        lines += "\n".join(study.rows()) + "\n"
        out.write_text(HEAD + lines)
