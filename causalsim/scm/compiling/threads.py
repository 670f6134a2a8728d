"""How many threads torch may use: one, for tensors that are quickly done with."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

#: Below about a million numbers the threads' wake-up costs more than they save.
_FEW = 1_000_000


@contextmanager
def threads_for(elements: int) -> Iterator[None]:
    """One torch thread for small work, the user's setting for large; restored afterwards."""
    before = torch.get_num_threads()
    if elements >= _FEW or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
