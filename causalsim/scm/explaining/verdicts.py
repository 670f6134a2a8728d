"""The verdict on each mechanism of a model, in numbers and in a sentence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from causalsim import frames
from causalsim.scm.explaining.dependence import Finding
from causalsim.scm.mechanism import Coupling
from causalsim.scm.report import html

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one mechanism.

    Args:
        node: The variable.
        coupling: How its value is tied to its noise.
        round_trip: How far a row is missed when its noise is put back, in standard deviations.
        log_density: The mean log density (or log probability) of its values: higher is better.
        findings: The tests that concern it.
        silence: Why it was not tested, if it was not.
    """

    node: str
    coupling: Coupling
    round_trip: float = math.nan
    log_density: float = math.nan
    findings: tuple[Finding, ...] = ()
    silence: str = ""

    @property
    def calibration(self) -> Finding | None:
        """The test of calibration."""
        return next((found for found in self.findings if found.calibrates), None)

    @property
    def dependence(self) -> Finding | None:
        """The clearest dependence of its noise."""
        rest = [found for found in self.findings if not found.calibrates]
        return min(rest, key=lambda found: (found.p, -abs(found.size)), default=None)

    @property
    def inverts(self) -> bool:
        """Whether its noise, put back, gives the row again."""
        return not self.round_trip > _ROUNDING

    def faults(self, level: float) -> tuple[str, ...]:
        """What is wrong with it, significantly and by much."""
        found = [
            f"{one.fault} (size {one.size:.2f}, p {_small(one.p)})"
            for one in sorted(self.findings, key=lambda one: one.p)
            if one.bad(level)
        ]
        if not self.inverts:
            found.insert(
                0, f"its noise does not give its value back (off by {self.round_trip:.2g})"
            )
        return tuple(found)

    def sentence(self, level: float) -> str:
        """The verdict in one sentence."""
        if faults := self.faults(level):
            return f"{self.node}: at fault, since {'; '.join(faults)}."
        if self.silence:
            return f"{self.node}: not tested, since {self.silence}."
        small = [one for one in self.findings if one.p < level]
        if small:
            return f"{self.node}: good enough; {small[0].fault}, but little ({small[0].size:.3f})."
        return f"{self.node}: no fault found."


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Evaluation:
    """The verdicts on the mechanisms of a model.

    Args:
        verdicts: For each variable that can be observed.
        rows: How many rows they were judged by.
        level: The chance of condemning any mechanism of a model that is right.
        like: A frame of the kind that `to_frame` gives.
    """

    verdicts: Mapping[str, Verdict]
    rows: int
    level: float
    like: Any = None

    def __getitem__(self, node: str) -> Verdict:
        """The verdict on one variable's mechanism."""
        return self.verdicts[node]

    @property
    def at_fault(self) -> tuple[str, ...]:
        """The variables whose mechanisms are not good enough."""
        return tuple(node for node, one in self.verdicts.items() if one.faults(self.level))

    @property
    def good(self) -> bool:
        """Whether no fault was found."""
        return not self.at_fault

    @property
    def why(self) -> str:
        """One sentence a mechanism."""
        return "\n".join(one.sentence(self.level) for one in self.verdicts.values())

    def to_frame(self) -> Any:  # noqa: ANN401
        """One row a mechanism: its tests in numbers, and the verdict."""
        return frames.build(self.like, self._columns())

    def to_dict(self) -> dict[str, object]:
        """All of it, in plain types; numbers that do not exist are None."""
        columns = self._columns()
        names = columns.pop("variable")
        return {
            "rows": self.rows,
            "level": self.level,
            "at_fault": list(self.at_fault),
            "mechanisms": {
                name: {
                    key: None if isinstance(v := column[at], float) and math.isnan(v) else v
                    for key, column in columns.items()
                }
                for at, name in enumerate(names)
            },
        }

    def _columns(self) -> dict[str, list[Any]]:
        """The table, column by column."""
        verdicts = list(self.verdicts.values())
        calibrations = [one.calibration for one in verdicts]
        dependences = [one.dependence for one in verdicts]
        return {
            "variable": list(self.verdicts),
            "good": [not one.faults(self.level) for one in verdicts],
            "tested": [not one.silence for one in verdicts],
            "round_trip": [one.round_trip for one in verdicts],
            "log_density": [one.log_density for one in verdicts],
            "calibration": [found.size if found else math.nan for found in calibrations],
            "calibration_p": [found.p if found else math.nan for found in calibrations],
            "dependence": [found.size if found else math.nan for found in dependences],
            "dependence_p": [found.p if found else math.nan for found in dependences],
            "verdict": [one.sentence(self.level) for one in verdicts],
        }

    def __str__(self) -> str:
        """In a line."""
        count = len(self.verdicts)
        mechanisms = f"{count} mechanism{'' if count == 1 else 's'} on {self.rows} rows"
        silent = [node for node, one in self.verdicts.items() if one.silence and not one.findings]
        rest = f" ({', '.join(silent)} not tested)" if silent else ""
        told = f"{', '.join(self.at_fault)} at fault" if self.at_fault else "no fault found"
        return f"{mechanisms}: {told}{rest}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The table that notebooks show."""
        shown = {
            name: [f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in column]
            for name, column in self._columns().items()
        }
        return html(str(self), shown)


def _small(p: float) -> str:
    """A p-value in a few digits."""
    return "< 1e-6" if p < 1e-6 else f"{p:.2g}"
