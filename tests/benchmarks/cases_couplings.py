"""Random questions: every coupling inside the interval, sharp ends attained, by brute force.

python -m tests.benchmarks.cases_couplings --cases 1000 --seed 0
"""

import argparse
import time
from collections import Counter

import numpy as np
import torch

from causalsim.scm.coupling.asked import asked
from causalsim.scm.coupling.couplings import bounds, objective_of
from causalsim.scm.coupling.extremes import extreme
from tests.oracles.coupling_cases import answer_of, attaining, model_of, random_text
from tests.oracles.discrete_couplings import some_law, tables
from tests.oracles.discrete_worlds import gumbel_states, threshold_states

MOST = 200_000


def check(seed: int, counts: Counter[str]) -> None:
    rng = np.random.default_rng(seed)
    made = tables(rng, int(rng.integers(2, 6)), levels=int(rng.choice([2, 2, 3])))
    question = random_text(rng, made)
    model = model_of(made)
    found = bounds(model, question)
    kind = "point" if found.identified else "sharp" if found.sharp else "perhaps too wide"
    counts[kind] += 1
    for coupling in (threshold_states, gumbel_states, *[lambda rows: some_law(rng, rows)] * 3):
        laws = {name: coupling(rows) for name, _, rows in made}
        if np.prod([len(chances) for chances, _ in laws.values()]) > MOST:
            continue
        answer = answer_of(made, laws, question)
        counts["couplings"] += 1
        if answer is not None and answer not in found:
            counts["OUTSIDE"] += 1
            print("OUTSIDE", seed, question, found, answer)
    if kind != "sharp":
        return
    objective = objective_of(asked(model, question))
    for sign in (1, -1):
        end = extreme(objective, sign)
        laws = attaining(made, objective, end)
        if np.prod([len(chances) for chances, _ in laws.values()]) <= MOST:
            answer = answer_of(made, laws, question)
            right = answer is not None and abs(answer - end.value) < 1e-8
            counts["ends attained" if right else "NOT ATTAINED"] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    counts: Counter[str] = Counter()
    began = time.process_time()
    for number in range(options.cases):
        check(options.seed + number, counts)
    spent = time.process_time() - began
    print(f"{options.cases} cases in {spent:.0f} CPU s: {dict(sorted(counts.items()))}")


if __name__ == "__main__":
    main()
