"""What a policy is for: whether more is better, and what each treatment costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from causalsim import frames
from causalsim.errors.policies import PolicyError
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.reading.roles import Level


@final
@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """The best outcome for the money.

    Args:
        cost: What each treatment costs a person, in the outcome's unit: a number, or the name of
            a column of numbers; treatments left out cost nothing.
        smaller_is_better: Whether the outcome is to be small, as days in hospital; costs are then
            added to it.
    """

    cost: Mapping[Level, float | str] = field(default_factory=dict)
    smaller_is_better: bool = False

    @property
    def sign(self) -> float:
        """1 where more is better, -1 where less is."""
        return -1.0 if self.smaller_is_better else 1.0

    def costs(self, frame: Any, levels: tuple[Level, ...]) -> Matrix:  # noqa: ANN401
        """What each treatment costs each row, rows by treatments.

        Raises:
            PolicyError: A cost of a treatment that there is not, or that is no number.
            DataError: A column that is missing, incomplete or not numeric.
        """
        made = np.zeros((frames.height(frame), len(levels)))
        for level, cost in self.cost.items():
            if level not in levels:
                raise PolicyError.unknown_arm("The cost", level, levels)
            if isinstance(cost, str):
                made[:, levels.index(level)] = frames.numeric(frame, cost)
                continue
            number = isinstance(cost, int | float | np.number) and not isinstance(cost, bool)
            if not number or not np.isfinite(cost):
                raise PolicyError.bad_cost(level, cost)
            made[:, levels.index(level)] = float(cost)
        return made

    def __str__(self) -> str:
        """In a few words."""
        paid = ", ".join(f"{level} costs {cost}" for level, cost in self.cost.items())
        return ("less is better" if self.smaller_is_better else "more is better") + (
            f"; {paid}" if paid else ""
        )


PLAIN_AIM = Aim()
