"""The covariates as columns that can be told in words, every category among them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.reading.design import coding
from causalsim.estimation.reading.task import Task


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """A number, or whether somebody is of a category.

    Attributes:
        label: ``age`` or ``region=west``.
        values: One a row.
        covariate: The covariate that it comes from.
        category: The category that a 1 stands for; None for a number.
        other: The category that a 0 stands for where there are two; None for several.
    """

    label: str
    values: NDArray[np.float64] = field(repr=False)
    covariate: str
    category: str | None = None
    other: str | None = None

    def equal(self, value: float) -> str:
        """Those with one of two values, in words."""
        if self.category is None:
            return f"{self.label} = {value:g}"
        if self.category == "(missing)":
            return f"{self.covariate} {'missing' if value else 'known'}"
        if not value and self.other is not None:
            missing = self.other == "(missing)"
            return f"{self.covariate} {'missing' if missing else f'= {self.other}'}"
        return f"{self.covariate} {'=' if value else 'other than'} {self.category}"

    @property
    def two_values(self) -> bool:
        """Whether it has two values, so that a side is told by its value."""
        lowest, highest = self.values.min(), self.values.max()
        return bool(np.all((self.values == lowest) | (self.values == highest)))


def described(task: Task, frame: Any) -> tuple[Described, ...]:  # noqa: ANN401
    """The covariates of a task, with the category that the design leaves out.

    A regression needs no indicator of the first category; a table of who is where does, and would
    depend on the alphabet without it.

    Args:
        task: The data in their roles.
        frame: The frame that it was read from.
    """
    matrix, place, found = task.design.matrix, 0, []
    for part in coding(frame, task.covariates).parts:
        own = [matrix[:, place + step] for step in range(len(part.labels))]
        place += len(own)
        if part.levels is None:
            found.append(Described(part.name, own[0], part.name))
            if part.flagged:
                found.append(Described(part.labels[1], own[1], part.name, "(missing)"))
            continue
        other = part.levels[0] if len(part.levels) == 2 else None
        if len(part.levels) > 2:
            own = [1.0 - np.sum(own, axis=0), *own]
        for level, values in zip(part.levels[-len(own) :] if own else (), own, strict=True):
            found.append(Described(f"{part.name}={level}", values, part.name, level, other))
    return tuple(found)
