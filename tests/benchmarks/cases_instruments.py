"""Long runs of the instruments questions against brute force.

PYTHONPATH=. python tests/benchmarks/cases_instruments.py --cases 100000 --seed 0
"""

from tests.benchmarks._cases import run
from tests.oracles.set_cases import check_instrument_choice, check_instruments

if __name__ == "__main__":
    run([check_instruments, check_instrument_choice], __doc__)
