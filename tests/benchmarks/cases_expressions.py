"""Random formulae: simplified equals unsimplified and is never longer; run with --cases, --seed.

python -m tests.benchmarks.cases_expressions --cases 100000 --seed 0
"""

import argparse
import time

from causalsim.estimand.canonical import canonical, size
from causalsim.estimand.simplification import simplify
from tests.laws.test_estimand_expressions import same
from tests.oracles.formulae import random_formula, random_joint


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--cases", type=int, default=1000)
    reader.add_argument("--seed", type=int, default=0)
    given = reader.parse_args()
    errors = before = after = 0
    started = time.process_time()
    for seed in range(given.seed, given.seed + given.cases):
        formula, joint = random_formula(seed, depth=4), random_joint(seed)
        shorter = simplify(formula)
        before, after = before + size(formula), after + size(shorter)
        try:
            assert size(shorter) <= size(formula)
            same(formula, shorter, joint)
            same(formula, canonical(formula), joint)
        except AssertionError:
            errors += 1
            print("WRONG", seed, formula, "|", shorter)
    spent = time.process_time() - started
    share = 100 * after / before
    print(
        f"{given.cases} cases, {errors} errors, {share:.0f} % of the length; {spent:.0f} s of CPU"
    )


if __name__ == "__main__":
    main()
