"""A fuse for what must not hang: it blows after so much CPU time that no machine is that slow."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_hang(seconds: float = 60.0) -> Iterator[None]:
    """Fail when the block uses more CPU time than any honest run would."""

    def blow(*_: object) -> None:
        raise AssertionError(f"still running after {seconds:g} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, blow)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)
