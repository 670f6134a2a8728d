"""Who gets which treatment: policies that somebody wrote down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.policies import PolicyError
from causalsim.estimation.reading.roles import Level


@runtime_checkable
class Policy(Protocol):
    """A way to decide who gets which treatment."""

    def arms(self, frame: Any, levels: tuple[Level, ...]) -> NDArray[np.int_]:  # noqa: ANN401
        """For each row of a frame the place of its treatment among the levels."""


@final
@dataclass(frozen=True, slots=True)
class Always:
    """The same treatment for everyone.

    Args:
        level: The treatment.

    >>> import pandas
    >>> Always("drug").arms(pandas.DataFrame({"age": [40, 50]}), ("drug", "placebo")).tolist()
    [0, 0]
    """

    level: Level

    def arms(self, frame: Any, levels: tuple[Level, ...]) -> NDArray[np.int_]:  # noqa: ANN401
        """The place of this treatment, for each row."""
        if self.level not in levels:
            raise PolicyError.unknown_arm("Always", self.level, levels)
        return np.full(frames.height(frame), levels.index(self.level), dtype=np.int_)

    def __str__(self) -> str:
        """In a few words."""
        return f"always {self.level}"


@final
@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by hand: a function of the frame.

    Args:
        name: What it is called in results.
        function: From a frame to one decision a row: a treatment, or, where there are two
            treatments, whether to give the higher one.

    >>> import pandas
    >>> old = Rule("the old", lambda rows: rows["age"] > 45)
    >>> old.arms(pandas.DataFrame({"age": [40, 50]}), (0, 1)).tolist()
    [0, 1]
    """

    name: str
    function: Callable[[Any], Any]

    def arms(self, frame: Any, levels: tuple[Level, ...]) -> NDArray[np.int_]:  # noqa: ANN401
        """The place of each row's treatment.

        Raises:
            PolicyError: The function fails, gives something other than one decision a row, or
                names a treatment that there is not.
        """
        try:
            found = np.asarray(self.function(frame))
        except Exception as error:
            raise PolicyError.failed_rule(self.name, error) from error
        rows = frames.height(frame)
        if found.shape != (rows,):
            raise PolicyError.wrong_length(self.name, f"an array of shape {found.shape}", rows)
        if found.dtype == np.bool_ and not all(isinstance(level, bool) for level in levels):
            if len(levels) != 2:
                raise PolicyError.needs_arms(self.name, levels)
            return found.astype(np.int_)
        places = {level: place for place, level in enumerate(levels)}
        chosen = found.tolist()
        for one in dict.fromkeys(chosen):
            if one not in places:
                raise PolicyError.unknown_arm(f"The rule {self.name!r}", one, levels)
        return np.array([places[one] for one in chosen], dtype=np.int_)

    def __str__(self) -> str:
        """Its name."""
        return self.name
