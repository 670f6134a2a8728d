"""Many random cases of several data sets; run as a script with --cases and --seed."""

import argparse
import time

import numpy as np

from causalsim.identification.fusing.combining import combine
from tests.oracles.sources import (
    Populations,
    random_admg,
    random_available,
    random_query,
    undetermined,
)


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--cases", type=int, default=1000)
    reader.add_argument("--seed", type=int, default=0)
    reader.add_argument("--refusals", action="store_true", help="prove each refusal as well")
    given = reader.parse_args()
    errors = identified = refused = unproven = 0
    asked = 0.0
    for number in range(given.cases):
        rng = np.random.default_rng([given.seed, number])
        graph = random_admg(rng, int(rng.integers(3, 8)), 0.45, 0.35)
        query = random_query(rng, graph, int(rng.integers(0, 2)))
        available = random_available(rng, graph, bool(rng.integers(2)), bool(rng.integers(2)))
        start = time.process_time()
        answer = combine(graph, query, available)
        asked += time.process_time() - start
        if answer.identified:
            identified += 1
            error = Populations.draw(graph, available, number).error(query, answer.formula)
            errors += not error < 1e-8
        elif answer.proven:
            refused += 1
            if given.refusals and len(graph) < 6:
                errors += not undetermined(graph, query, available, number) > 1e-8
        else:
            unproven += 1
    print(
        f"{given.cases} cases, {identified} identified, {refused} refused with proof, "
        f"{unproven} not found, {errors} errors; {1e6 * asked / given.cases:.0f} us of CPU a case"
    )


if __name__ == "__main__":
    main()
