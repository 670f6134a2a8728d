"""Random cases by the thousand, checked against brute force: how many, and how many errors."""

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np

from causalsim import Graph
from tests.oracles.set_cases import random_case

Case = Callable[[Graph, tuple[str, ...], tuple[str, ...], np.random.Generator], None]


def run(checks: Sequence[Case], title: str) -> None:
    """Read ``--cases`` and ``--seed``; check; print the count of cases and errors."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--cases", type=int, default=1000, help="cases for each check")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for check in checks:
        rng = np.random.default_rng(options.seed)
        errors, began = 0, time.process_time()
        for number in range(options.cases):
            graph, x, y = random_case(rng)
            try:
                check(graph, x, y, rng)
            except AssertionError as error:
                errors += 1
                if errors <= 5:
                    print(f"case {number}: {graph!r}, x={x}, y={y}: {error}")
        spent = time.process_time() - began
        print(f"{check.__name__}: {options.cases} cases, {errors} errors, {spent:.0f} s")
