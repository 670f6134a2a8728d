"""Long runs of the separators questions against brute force.

PYTHONPATH=. python tests/benchmarks/cases_separators.py --cases 100000 --seed 0
"""

from tests.benchmarks._cases import run
from tests.oracles.set_cases import check_paths, check_separators

if __name__ == "__main__":
    run([check_separators, check_paths], __doc__)
