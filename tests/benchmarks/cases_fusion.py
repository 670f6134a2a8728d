"""Many random cases of several data sets, each formula against exact models of every population.

    python -m tests.benchmarks.cases_fusion --cases 100000 --kind gid
    python -m tests.benchmarks.cases_fusion --cases 1000 --kind transport --refusals

The kinds: ``z`` (z-identification: everything observed, and experiments), ``gid`` (experiments,
with or without observations), ``transport`` (other populations with selection nodes, observed or
experimented on), ``partial`` (any of these, each data set measuring only some variables).
"""

import argparse
import time
from collections import Counter

import numpy as np

from causalsim.identification.fusing.available import Available
from causalsim.identification.fusing.combining import combine
from tests.oracles.sources import (
    Populations,
    random_admg,
    random_available,
    random_query,
    undetermined,
)

#: Whether there are other populations, and whether data sets measure only some variables.
KINDS = {
    "z": (False, False),
    "gid": (False, False),
    "transport": (True, False),
    "partial": (True, True),
}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--cases", type=int, default=1000)
    reader.add_argument("--seed", type=int, default=0)
    reader.add_argument("--kind", choices=list(KINDS), required=True)
    reader.add_argument("--refusals", action="store_true", help="prove each refusal as well")
    given = reader.parse_args()
    counts: Counter[str] = Counter()
    spent = 0.0
    for number in range(given.cases):
        rng = np.random.default_rng([given.seed, number])
        graph = random_admg(rng, int(rng.integers(3, 8)), 0.45, 0.35)
        query = random_query(rng, graph, int(rng.integers(0, 2)))
        available = random_available(rng, graph, *KINDS[given.kind])
        if given.kind == "z":
            available = Available(True, available.populations[0].experiments)
        start = time.process_time()
        answer = combine(graph, query, available)
        spent += time.process_time() - start
        if answer.identified:
            counts["identified"] += 1
            truth = Populations.draw(graph, available, number)
            wrong = not truth.error(query, answer.formula) < 1e-8
        else:
            counts["refused with proof" if answer.proven else "not found"] += 1
            prove = given.refusals and answer.proven and len(graph) < 6
            wrong = prove and not undetermined(graph, query, available, number) > 1e-8
        if wrong:
            counts["WRONG"] += 1
            print("WRONG", number, repr(graph), query, available)
    each = 1e6 * spent / given.cases
    print(f"{given.kind}: {given.cases} cases, {dict(counts)}; {each:.0f} us of CPU a case")


if __name__ == "__main__":
    main()
