"""Long runs of the adjustment questions against brute force.

PYTHONPATH=. python tests/benchmarks/cases_adjustment.py --cases 100000 --seed 0
"""

from tests.benchmarks._cases import run
from tests.oracles.set_cases import (
    check_adjusted_estimand,
    check_adjustment,
    check_direct,
    check_precision,
)

CHECKS = [check_adjustment, check_adjusted_estimand, check_precision, check_direct]

if __name__ == "__main__":
    run(CHECKS, __doc__)
