"""The response functions of the variables that a question meets in several worlds.

Whatever ties a value to its noise, all that matters of the noise is the response function that it
picks. The tables of a model fix how often each configuration of the parents is answered by each
level; which answers go together in one unit is what a coupling adds.

References:
    Balke and Pearl, "Counterfactual probabilities: computational methods, bounds and applications"
    (1994), section 3.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.coupling import CouplingError
from causalsim.scm.mechanisms.imposed import Imposed
from causalsim.scm.networks.parallel import Copy, Network
from causalsim.scm.networks.tables import Factor, certain_table, indicator, single_table

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
#: More response functions of one variable are not listed.
MOST_FUNCTIONS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Responses:
    """What one variable may answer, and what its table says of the answers.

    Args:
        variable: The variable.
        axis: The axis of its response functions.
        strata: The axes of the parents that are the same in all its worlds: answers at two of
            their levels never meet in one unit.
        parents: The other parents, by name.
        configurations: Their values, as far as the question needs them.
        functions: For each response function its level at each configuration, of shape (R, C).
        rows: The probability of each level at each configuration, of shape (strata, C, K), the
            strata flat.
        sizes: The length of each axis of the strata.
    """

    variable: str
    axis: int
    strata: tuple[int, ...]
    parents: tuple[str, ...]
    configurations: tuple[tuple[float, ...], ...]
    functions: Integers
    rows: Array
    sizes: tuple[int, ...]

    @property
    def simple(self) -> bool:
        """Whether two levels meet at two configurations, so that one number is free."""
        return self.functions.shape == (4, 2) and self.rows.shape[2] == 2


@dataclass(frozen=True, slots=True)
class TooMany:
    """A variable with more response functions than can be listed."""

    variable: str
    count: float


def response_factors(network: Network) -> tuple[list[Factor], list[Responses]] | TooMany:
    """The tables of a network, with an axis of response functions in place of each shared noise.

    Raises:
        CouplingError: A variable whose natural value an action alters.
        ContractionError: A table too large.
    """
    factors = [
        certain_table(network, number)
        for number, copy in enumerate(network.copies)
        if not copy.noise and not copy.held
    ]
    found: list[Responses] = []
    axis = len(network.copies)
    for members in network.groups().values():
        if len(members) == 1:
            factors.append(single_table(network, members[0]))
            continue
        made = _group(network, members, axis)
        if isinstance(made, TooMany):
            return made
        factors += made[0]
        found.append(made[1])
        axis += 1
    return factors, found


def _group(
    network: Network, members: Sequence[int], axis: int
) -> tuple[list[Factor], Responses] | TooMany:
    """One variable in several worlds."""
    copies = [network.copies[number] for number in members]
    for copy in copies:
        if isinstance(copy.mechanism, Imposed):
            raise CouplingError.altered(copy.variable)
    common = _common(network, copies)
    strata = tuple(dict.fromkeys(copies[0].parents[name] for name in common))
    sizes = tuple(len(network.points(number)) for number in strata)
    names = tuple(name for name in copies[0].parents if name not in common)
    size = len(copies[0].levels.levels)
    known: dict[Hashable, int] = {}
    rows: list[Array] = []
    places: list[Integers] = []
    others: list[tuple[int, ...]] = []
    for number, copy in zip(members, copies, strict=True):
        table = single_table(network, number)
        rest = tuple(a for a in table.axes[:-1] if a not in strata)
        order = [table.axes.index(a) for a in (*strata, *rest, number)]
        values = table.values.transpose(order)
        values = np.broadcast_to(values, (*sizes, *values.shape[len(sizes) :]))
        shape = values.shape[len(sizes) : -1]
        place = np.zeros(shape, dtype=np.int64)
        for at in np.ndindex(*shape):
            key = _configuration(network, copy, common, dict(zip(rest, at, strict=True)))
            if key not in known:
                known[key] = len(known)
                rows.append(values[(..., *at, slice(None))].reshape(prod(sizes), size))
            place[at] = known[key]
        places.append(place)
        others.append(rest)
    count = float(size) ** len(known)
    if count > MOST_FUNCTIONS:
        return TooMany(copies[0].variable, count)
    functions = np.indices((size,) * len(known)).reshape(len(known), -1).T
    factors = [
        Factor((axis, *rest, number), indicator(functions[:, place], size))
        for number, rest, place in zip(members, others, places, strict=True)
    ]
    configurations = tuple(key[1] for key in known)  # type: ignore[index]
    table_rows = np.stack(rows, axis=1)
    return factors, Responses(
        copies[0].variable, axis, strata, names, configurations, functions, table_rows, sizes
    )


def _common(network: Network, copies: Sequence[Copy]) -> list[str]:
    """The parents, by name, that are the same and not known in all worlds of a variable."""
    first = copies[0]
    if any(copy.mechanism is not first.mechanism for copy in copies):
        return []
    return [
        name
        for name, number in first.parents.items()
        if network.free(number) and all(copy.parents[name] == number for copy in copies)
    ]


def _configuration(
    network: Network, copy: Copy, common: Sequence[str], at: dict[int, int]
) -> Hashable:
    """The equation and the values that it reads, those of the strata left out."""
    read = [number for name, number in copy.parents.items() if name not in common]
    points = [(number, network.points(number)) for number in read]
    values = tuple(float(found[at.get(number, 0)]) for number, found in points)
    return (id(copy.mechanism), values)
