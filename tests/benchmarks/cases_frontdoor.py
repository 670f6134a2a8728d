"""Long runs of the frontdoor questions against brute force.

PYTHONPATH=. python tests/benchmarks/cases_frontdoor.py --cases 100000 --seed 0
"""

from tests.benchmarks._cases import run
from tests.oracles.set_cases import check_front_door

if __name__ == "__main__":
    run([check_front_door], __doc__)
