"""A million rows: every estimand and check from one cross-fit, in seconds and gigabytes.

``python tests/benchmarks/measure_scale.py --rows 1e6`` prints a table for ``docs/benchmarks.md``;
``--separate`` fits three estimands separately beside the one fit.
"""

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from causalsim import Graph, Query, checks, estimate, identify
from causalsim.estimation import AIPW, Overlap, Task, Treated

COVARIATES = tuple(f"x{number}" for number in range(20))


def drawn(rows: int) -> pd.DataFrame:
    """Curves, a product, and an effect that differs between people; 1 on average."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((rows, 20))
    score = 0.8 * np.sin(2 * x[:, 0]) + 0.4 * (x[:, 1] ** 2 - 1) + 0.3 * x[:, 2]
    a = (rng.random(rows) < 1.0 / (1.0 + np.exp(-score))).astype(np.int64)
    low = 2 * np.sin(2 * x[:, 0]) + x[:, 1] ** 2 + 0.5 * x[:, 2] * x[:, 3]
    y = low + a * (1 + x[:, 4]) + rng.standard_normal(rows)
    return pd.DataFrame({**dict(zip(COVARIATES, x.T, strict=True)), "a": a, "y": y})


class Clock:
    """CPU seconds of each step, and the most memory so far."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.total = 0.0

    def __call__(self, name: str, step: Callable[[], Any]) -> Any:
        before = time.process_time()
        found = step()
        spent = time.process_time() - before
        self.total += spent
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        told = "" if isinstance(found, Task) else str(found).split("\n")[0]
        shown = told if len(told) < 100 else told[:97] + "..."
        self.lines.append(f"| {name} | {spent:.2f} | {most:.2f} | {shown} |")
        print(self.lines[-1], flush=True)
        return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=float, default=1e6)
    asked.add_argument("--folds", type=int, default=2)
    asked.add_argument("--separate", action="store_true")
    given = asked.parse_args()
    frame = drawn(int(given.rows))
    arrows = "; ".join(f"{name} -> a; {name} -> y" for name in COVARIATES)
    answer = identify(Graph(f"{arrows}; a -> y"), Query("y", do="a"))
    clock = Clock()
    by = AIPW(folds=given.folds, progress=True)
    effect = clock("ATE", lambda: estimate(answer, frame, by=by, seed=1))
    task = clock("the roles again", lambda: by.read(answer, frame, effect.recipe.roles))
    for name, target in (("ATT", Treated()), ("ATO", Overlap())):
        other = AIPW(folds=given.folds, target=target)
        clock(name, lambda by=other, task=task: by.effect(task, effect.nuisances, 1))
    del task  # every check reads the frame by itself
    clock("balance", lambda: checks.balance(effect, frame))
    clock("overlap", lambda: checks.overlap(effect, frame))
    clock("refuters", lambda: checks.refute(effect, frame, seed=1))
    clock("robustness", lambda: checks.robustness(effect, frame))
    clock("E-value", lambda: checks.e_value(effect, frame))
    print(f"| all | {clock.total:.2f} | | {len(frame):,} rows |")
    if given.separate:
        before = time.process_time()
        for target in (AIPW().target, Treated(), Overlap()):
            estimate(answer, frame, by=AIPW(folds=given.folds, target=target), seed=1)
        print(f"| three separate fits | {time.process_time() - before:.2f} | | |")


if __name__ == "__main__":
    main()
