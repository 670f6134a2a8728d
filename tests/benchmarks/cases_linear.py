"""Many random linear models against their formulae; run as a script with --cases and --seed."""

import argparse
import time
from collections import Counter

import numpy as np

from causalsim.graph.graph import Graph
from causalsim.identification.linear.half_trek import HalfTreks, Verdict, half_treks
from causalsim.identification.linear.linear_model import LinearModel
from tests.oracles.linear import finite_to_one
from tests.oracles.sources import random_admg


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--cases", type=int, default=1000)
    reader.add_argument("--seed", type=int, default=0)
    given = reader.parse_args()
    found: Counter[str] = Counter()
    errors = 0
    spent = 0.0
    for number in range(given.cases):
        rng = np.random.default_rng([given.seed, number])
        graph = random_admg(rng, int(rng.integers(3, 8)), 0.5, 0.25)
        start = time.process_time()
        answer = half_treks(graph)
        spent += time.process_time() - start
        found[answer.verdict.name.lower()] += 1
        finite = finite_to_one(graph)
        errors += answer.verdict is Verdict.IDENTIFIED and not finite
        errors += answer.verdict is Verdict.INFINITE_TO_ONE and finite
        # A value off by rounding alone is right at another draw of the parameters.
        errors += not any(_right(graph, answer, number + draw) for draw in (0, 10**6, 2 * 10**6))
    print(
        f"{given.cases} cases, {dict(sorted(found.items()))}, {errors} errors; "
        f"{1e3 * spent / given.cases:.2f} ms of CPU a case"
    )


def _right(graph: Graph, answer: HalfTreks, seed: int) -> bool:
    model = LinearModel.draw(graph, seed)
    values = answer.coefficients(model.covariance())
    return all(abs(v - model.coefficient(*pair)) < 1e-4 for pair, v in values.items())


if __name__ == "__main__":
    main()
