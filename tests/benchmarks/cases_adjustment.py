"""Long runs of the adjustment questions against brute force.

PYTHONPATH=. python tests/benchmarks/cases_adjustment.py --cases 100000 --seed 0
"""

from tests.benchmarks._cases import run
from tests.oracles.set_cases import check_adjusted_estimand, check_adjustment, check_precision

if __name__ == "__main__":
    run([check_adjustment, check_adjusted_estimand, check_precision], __doc__)
