"""What values a variable may take, and how a column becomes a tensor and comes back.

Inside a model every value is a float64 tensor. Numbers stand for themselves; names (strings) stand
as their index among the levels. Levels that are numbers stay those numbers, so that a shift by one
of an education from 1 to 5 means what it says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim.errors.model import ModelError

Level = str | float | int | bool
Column = NDArray[np.generic]
DTYPE = torch.float64


@runtime_checkable
class Domain(Protocol):
    """The set of values of one variable."""

    def encode(self, node: str, found: object) -> Tensor:
        """Raw values (one, or one a unit) as a float64 tensor."""
        ...

    def decode(self, values: Tensor) -> Column:
        """A tensor of values as a raw column."""
        ...

    def shown(self, values: Tensor) -> "Tensor | Labels":
        """What a user's function gets to see of the values."""
        ...

    def __str__(self) -> str:
        """The domain in two or three words."""
        ...


@dataclass(frozen=True, slots=True)
class Real:
    """All finite numbers.

    >>> Real().encode("x", [1, 2]).tolist()
    [1.0, 2.0]
    """

    def encode(self, node: str, found: object) -> Tensor:
        """Numbers as a tensor."""
        values = as_numbers(found)
        if values is None or not bool(torch.isfinite(values).all()):
            raise ModelError.not_a_number(node, _first_bad(found, values))
        return values

    def decode(self, values: Tensor) -> Column:
        """The numbers."""
        return values.detach().numpy()

    def shown(self, values: Tensor) -> Tensor:
        """The numbers themselves."""
        return values

    def __str__(self) -> str:
        """In a few words."""
        return "continuous"


@dataclass(frozen=True, slots=True)
class Counts:
    """Whole numbers from zero upwards.

    >>> Counts().decode(Counts().encode("visits", [3, 0])).tolist()
    [3, 0]
    """

    def encode(self, node: str, found: object) -> Tensor:
        """Counts as a tensor."""
        values = as_numbers(found)
        if values is None:
            raise ModelError.not_a_count(node, found)
        wrong = (values < 0) | (values != values.round()) | ~torch.isfinite(values)
        if bool(wrong.any()):
            raise ModelError.not_a_count(node, float(values[wrong].flatten()[0]))
        return values

    def decode(self, values: Tensor) -> Column:
        """The counts as whole numbers."""
        return np.asarray(values.detach().numpy().round().astype(np.int64))

    def shown(self, values: Tensor) -> Tensor:
        """The numbers themselves."""
        return values

    def __str__(self) -> str:
        """In a few words."""
        return "counts"


@dataclass(frozen=True, slots=True)
class Labels:
    """Names as a user's function sees them: compared with ``==`` and ``isin``, giving tensors.

    >>> city = Levels(("Oslo", "Rome")).shown(torch.tensor([0.0, 1.0]))
    >>> (city == "Rome").tolist()
    [False, True]
    """

    codes: Tensor
    levels: tuple[Level, ...]

    def isin(self, names: Iterable[Level]) -> Tensor:
        """Where the name is one of these."""
        found = torch.zeros(self.codes.shape, dtype=torch.bool)
        for name in names:
            found = found | (self == name)
        return found

    def __eq__(self, name: object) -> Tensor:  # type: ignore[override]
        """Where the name is this one."""
        if name not in self.levels:
            raise ModelError.outside_levels("the variable", name, self.levels)
        return self.codes == self.levels.index(name)

    def __ne__(self, name: object) -> Tensor:  # type: ignore[override]
        """Where the name is another."""
        return ~(self == name)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Levels:
    """Finitely many values in a fixed order: names, or numbers from low to high.

    Args:
        levels: The values, in order. All names, or all numbers (or truth values).
        ranked: Whether the names have an order that means something, as in ("low", "high").

    Examples:
        >>> domain = Levels(("never", "now"))
        >>> domain.encode("smoker", ["now", "never"]).tolist()
        [1.0, 0.0]
        >>> domain.decode(torch.tensor([1.0, 0.0])).tolist()
        ['now', 'never']
    """

    levels: tuple[Level, ...]
    ranked: bool = False

    def __post_init__(self) -> None:
        """Check what was given."""
        if not self.levels or len(set(self.levels)) != len(self.levels):
            raise ModelError.bad_parameter("levels", self.levels, "different values, at least one")
        if not self.named and list(self.levels) != sorted(self.levels):
            raise ModelError.bad_parameter("levels", self.levels, "numbers from low to high")

    @property
    def named(self) -> bool:
        """Whether the levels are names, not numbers."""
        return isinstance(self.levels[0], str)

    @property
    def ordered(self) -> bool:
        """Whether the order of the levels means something: numbers, ranked names, or two names."""
        return self.ranked or not self.named or len(self.levels) <= 2

    @property
    def points(self) -> Tensor:
        """The value of each level inside the model."""
        if self.named:
            return torch.arange(len(self.levels), dtype=DTYPE)
        return torch.tensor([float(level) for level in self.levels], dtype=DTYPE)

    def codes(self, node: str, values: Tensor) -> Tensor:
        """The index of the level of each value."""
        points = self.points
        codes = torch.searchsorted(points, values.contiguous()).clamp(max=len(points) - 1)
        wrong = points[codes] != values
        if bool(wrong.any()):
            found = float(values[wrong].flatten()[0])
            raise ModelError.outside_levels(node, found, self.levels)
        return codes

    def encode(self, node: str, found: object) -> Tensor:
        """Names as their indices, numbers as themselves; nothing that is no level."""
        if isinstance(found, Labels):
            return found.codes
        if self.named and not isinstance(found, Tensor):
            raw = np.asarray(found, dtype=object)
            index = {level: code for code, level in enumerate(self.levels)}
            for value in raw.flat:
                if not isinstance(value, str) or value not in index:
                    raise ModelError.outside_levels(node, value, self.levels)
            codes = [index[value] for value in raw.flat]
            return torch.tensor(codes, dtype=DTYPE).reshape(raw.shape)
        values = as_numbers(found)
        if values is None:
            raise ModelError.outside_levels(node, found, self.levels)
        self.codes(node, values)
        return values

    def decode(self, values: Tensor) -> Column:
        """The levels themselves, in the narrowest type that holds them."""
        codes = torch.searchsorted(self.points, values.detach().contiguous()).numpy()
        raw = np.asarray(self.levels, dtype=object if self.named else None)
        return np.asarray(raw[codes])

    def shown(self, values: Tensor) -> Tensor | Labels:
        """Numbers as numbers; names so that they can be compared with names."""
        return Labels(values, self.levels) if self.named else values

    def __str__(self) -> str:
        """In a few words."""
        if len(self.levels) == 1:
            return "constant"
        if len(self.levels) == 2:
            return "binary"
        return f"{len(self.levels)} {'ordered levels' if self.ordered else 'names'}"


def as_numbers(found: object) -> Tensor | None:
    """Anything that holds real numbers as a float64 tensor; None if it does not."""
    if isinstance(found, Tensor):
        return None if found.is_complex() else found.to(DTYPE)
    raw = np.asarray(found)
    if raw.dtype == object:
        try:
            raw = raw.astype(np.float64)
        except (TypeError, ValueError):
            return None
    if raw.dtype.kind not in "biuf":
        return None
    # A copy, so that a model never shares memory with the user's frame.
    return torch.from_numpy(np.array(raw, dtype=np.float64))


def infer(node: str, raw: Column, most_levels: int = 10, *, ranks: tuple[str, ...] = ()) -> Domain:
    """The domain that a column's type and values suggest.

    Ordered categories keep their order (``ranks``, from low to high; those that no row has are
    left out). Other names and truth values are levels; numbers are levels when there are at most
    two of them, or at most ``most_levels`` and all are whole; every other column of numbers is
    continuous.

    >>> str(infer("education", np.array([1, 2, 3, 3])))
    '3 ordered levels'
    """
    if raw.dtype.kind in "mMc":
        raise ModelError.unusable_column(node, raw.dtype)
    numbers = as_numbers(raw)
    if numbers is None:
        names = sorted({value for value in raw.tolist() if isinstance(value, str)})
        strange = [value for value in raw.tolist() if not isinstance(value, str)]
        if strange:
            raise ModelError.unusable_column(node, f"{strange[0]!r} among names")
        if ranks:
            return Levels(tuple(name for name in ranks if name in names), ranked=True)
        return Levels(tuple(names))
    distinct = np.unique(numbers.numpy())
    if raw.dtype.kind == "b" or (raw.dtype == object and type(raw.tolist()[0]) is bool):
        return Levels(tuple(bool(value) for value in distinct))
    whole = bool((distinct == np.round(distinct)).all())
    if len(distinct) <= 2 or (whole and len(distinct) <= most_levels):
        return Levels(tuple(int(value) if whole else float(value) for value in distinct))
    return Real()


def _first_bad(found: object, values: Tensor | None) -> object:
    """The first value that is no finite number."""
    if values is None:
        return found
    return float(values[~torch.isfinite(values)].flatten()[0])
