"""One seed for everything random: named children, never global state.

A seed's children are found by hashing their names, so what one part draws never depends on how
much another part drew before it. Two worlds that ask for the same child get the same numbers:
that is what makes contrasts between worlds precise (common random numbers).
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from causalsim.errors.base import CausalsimError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Seed:
    """A place in the tree of random streams: its root is a number, its branches are names.

    Args:
        root: The number the user gave.
        path: The names that lead from the root to here.

    Examples:
        >>> Seed(1).child("noise") == seeded(1, "noise")
        True
        >>> Seed(1).child("noise").number == Seed(1).child("folds").number
        False
    """

    root: int
    path: tuple[str, ...] = ()

    def child(self, *names: str) -> "Seed":
        """The independent stream of this name."""
        return Seed(self.root, (*self.path, *names))

    @property
    def number(self) -> int:
        """Sixty-three bits that depend on the root and on every name of the path."""
        digest = blake2b(str(self.root).encode(), digest_size=8)
        for name in self.path:
            # The length keeps ("ab", "c") apart from ("a", "bc").
            encoded = name.encode()
            digest.update(b"/%d:" % len(encoded) + encoded)
        return int.from_bytes(digest.digest(), "big") >> 1

    def numpy(self) -> np.random.Generator:
        """A fresh numpy generator at the start of this stream."""
        return np.random.default_rng(self.number)

    def torch(self) -> "torch.Generator":
        """A fresh torch generator (CPU) at the start of this stream."""
        from torch import Generator

        return Generator().manual_seed(self.number)


def seeded(seed: "int | Seed", *names: str) -> Seed:
    """The stream of these names under what a user passed as ``seed=``.

    Args:
        seed: A whole number, or a :class:`Seed` handed on by a caller.
        names: The path below it.

    Raises:
        CausalsimError: If ``seed`` is neither.

    Examples:
        >>> seeded(7, "worlds").path
        ('worlds',)
    """
    if isinstance(seed, Seed):
        return seed.child(*names)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise CausalsimError(
            f"A seed is a whole number; found {seed!r} ({type(seed).__name__}).",
            "type seed=1; the same number gives the same draws again.",
        )
    return Seed(int(seed), names)
