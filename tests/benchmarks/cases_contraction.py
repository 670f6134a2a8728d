"""Random questions of several worlds, the contraction against brute force over response functions.

python -m tests.benchmarks.cases_contraction --cases 10000 --seed 0
"""

import argparse
import time
from collections import Counter

import numpy as np
import torch

from causalsim.scm.engines.contraction import contract, contraction
from causalsim.scm.networks.parallel import Place
from tests.oracles.discrete_cases import random_case
from tests.oracles.discrete_worlds import joint


def error_of(seed: int, most_nodes: int = 6, most_worlds: int = 3) -> tuple[float, str]:
    """The largest difference of one random case, and what kind of case it was."""
    rng = np.random.default_rng(seed)
    case, _, worlds = random_case(rng, most_nodes, most_worlds)
    targets = [Place(*place) for place in case.targets]
    evidence = {Place(*place): level for place, level in case.evidence.items()}
    ready = contraction(worlds, targets, evidence)
    found = ready(evidence).joint
    # The same evidence as a batch of patterns.
    several = ready({place: np.array([level, level]) for place, level in evidence.items()})
    error = float(np.abs(found - joint(case)).max())
    if evidence:
        error = max(error, float(np.abs(several.joint - found).max()))
    if found.sum() > 0:
        error = max(error, float(np.abs(contract(worlds, targets, evidence).joint - found).max()))
    kind = f"{len(case.worlds)} worlds, {'evidence' if evidence else 'no evidence'}"
    return error, kind


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    counts: Counter[str] = Counter()
    worst, wrong, began = 0.0, 0, time.process_time()
    for number in range(options.cases):
        error, kind = error_of(options.seed + number)
        counts[kind] += 1
        worst = max(worst, error)
        if not error < 1e-12:
            wrong += 1
            print("WRONG", options.seed + number, error)
    spent = time.process_time() - began
    print(f"{options.cases} cases, {wrong} wrong, largest error {worst:.1e}, {spent:.0f} CPU s")
    for kind, count in sorted(counts.items()):
        print(f"  {kind}: {count}")


if __name__ == "__main__":
    main()
