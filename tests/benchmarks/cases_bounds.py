"""Many random bounds against the truth; run as a script with --cases and --seed."""

import argparse
import time

import numpy as np

from causalsim.estimand.query import Query
from causalsim.identification.bounding.bounds import bound
from causalsim.identification.c_factors import Hedge, identify_effect
from causalsim.identification.verification import DiscreteModel
from tests.oracles.sources import random_admg


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--cases", type=int, default=1000)
    reader.add_argument("--seed", type=int, default=0)
    given = reader.parse_args()
    errors = points = sharp = loose = 0
    spent = 0.0
    for number in range(given.cases):
        rng = np.random.default_rng([given.seed, number])
        graph = random_admg(rng, int(rng.integers(2, 6)), 0.5, 0.5)
        x, y = (str(name) for name in rng.choice(graph.nodes, 2, replace=False))
        model = DiscreteModel.draw(graph, number)
        joint = model.joint()
        truth = float(model.answer(Query(y, do=x)).at([y, x])[0, 1])
        start = time.process_time()
        found = bound(graph, Query({y: 0}, do={x: 1}), joint, limit=3000)
        spent += time.process_time() - start
        identified = not isinstance(identify_effect(graph, [y], [x]), Hedge)
        errors += truth not in found or (identified and not found.identified)
        points += found.identified
        sharp += found.sharp and not found.identified
        loose += not found.sharp
    print(
        f"{given.cases} cases, {points} points, {sharp} sharp, {loose} valid but not sharp, "
        f"{errors} errors; {1e3 * spent / given.cases:.2f} ms of CPU a case"
    )


if __name__ == "__main__":
    main()
