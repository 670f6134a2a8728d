"""What a model answers: one number or a table, how sure, and by which engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import final

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.asking import AskingError
from causalsim.errors.model import ModelError
from causalsim.estimand.evaluation import Table
from causalsim.estimand.events import Question
from causalsim.estimand.query import Level
from causalsim.estimand.questions import question_to_english

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SimulatedAnswer:
    """The answer of a structural causal model to one question.

    Args:
        question: What was asked.
        axes: The variables that the question leaves free; empty for one number.
        levels: The levels of each of them.
        values: The answer, of one entry a combination of levels.
        errors: Its Monte Carlo standard errors, of the same shape; zero where it is exact.
        exact: Whether nothing was drawn.
        engines: How it was found, one line each.
        couplings: For each variable whose noise two worlds share how it is tied to its value: an
            assumption that no data can check.
    """

    question: Question
    axes: tuple[str, ...]
    levels: tuple[tuple[Level, ...], ...]
    values: Array
    errors: Array
    exact: bool
    engines: tuple[str, ...]
    couplings: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The number.

        Raises:
            AskingError: The answer is a table.
        """
        if self.axes:
            raise AskingError.a_table(self.axes)
        return float(self.values)

    @property
    def error(self) -> float:
        """The Monte Carlo standard error of the number; zero where it is exact.

        Raises:
            AskingError: The answer is a table.
        """
        if self.axes:
            raise AskingError.a_table(self.axes)
        return float(self.errors)

    @property
    def table(self) -> Table:
        """The answer by named axes, as `causalsim.estimand.evaluate` gives it for a formula."""
        return Table(self.axes, self.values, self.levels)

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """The Monte Carlo interval: how far the draws alone may have led astray.

        Raises:
            ModelError: A level outside (0, 1).
        """
        if not 0.0 < level < 1.0:
            raise ModelError.bad_parameter("level", level, "between 0 and 1")
        wide = NormalDist().inv_cdf(0.5 + level / 2.0) * self.errors
        return self.values - wide, self.values + wide

    @property
    def why(self) -> str:
        """What was asked, and how it was found, in English."""
        lines = [f"Asked: {question_to_english(self.question)}."]
        lines += [f"Engine: {engine.rstrip('.')}." for engine in self.engines]
        lines += [
            f"Assumed for {node}, beyond what data can tell: {tie}."
            for node, tie in self.couplings.items()
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """The answer as plain values, fit for JSON."""
        return {
            "question": str(self.question),
            "axes": list(self.axes),
            "levels": [list(levels) for levels in self.levels],
            "values": self.values.tolist(),
            "errors": self.errors.tolist(),
            "exact": self.exact,
            "engines": list(self.engines),
            "couplings": dict(self.couplings),
        }

    def __float__(self) -> float:
        """The number."""
        return self.value

    def __str__(self) -> str:
        """In a few words."""
        if self.axes:
            shape = " x ".join(map(str, self.values.shape))
            found = f"a table of {shape} over {', '.join(self.axes)}"
        else:
            found = f"{self.value:.6g}"
        most = float(self.errors.max()) if self.errors.size else 0.0
        sure = "exact" if self.exact else f"standard error {most:.2g}"
        return f"{self.question} = {found} ({sure})"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The answer and how it was found, as notebooks show it."""
        from html import escape

        rows = "<br>".join(escape(line) for line in self.why.splitlines())
        return f"<p>{escape(str(self))}</p><p>{rows}</p>"
