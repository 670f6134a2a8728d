"""Sets of nodes as the bits of one integer, where whole families of sets are wanted at once."""

from collections.abc import Iterator

from causalsim.graph.core import Core


def bits(members: int) -> Iterator[int]:
    """The places of the ones, from the lowest.

    >>> list(bits(0b1010))
    [1, 3]
    """
    while members:
        lowest = members & -members
        yield lowest.bit_length() - 1
        members ^= lowest


def ancestor_sets(core: Core) -> list[int]:
    """The ancestors of each node, itself included; space nodes² / 8 bytes."""
    found = [1 << node for node in range(core.size)]
    for node in core.order() or []:
        for parent in core.parents[node]:
            found[node] |= found[parent]
    return found


def descendant_sets(core: Core) -> list[int]:
    """The descendants of each node, itself included; space nodes² / 8 bytes."""
    found = [1 << node for node in range(core.size)]
    for node in reversed(core.order() or []):
        for child in core.children[node]:
            found[node] |= found[child]
    return found
