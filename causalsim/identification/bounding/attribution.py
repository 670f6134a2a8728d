"""Did it happen because of it: bounds on the probabilities of causation, in closed form.

For a binary treatment x and a binary outcome y, with x' and y' for their absence:
PN = P(y would not have been without x | x, y), PS = P(y would have been with x | x', y'), and
PNS = P(y with x and y' without it).

References:
    Tian and Pearl, "Probabilities of causation: bounds and identification" (2000), equations 10
    to 32; Pearl, "Causality" (2009), section 9.3.
"""

from dataclasses import dataclass
from typing import final

from causalsim.errors.identification import BoundsError
from causalsim.estimand.evaluation import Table
from causalsim.identification.bounding.bounded import Bounds
from causalsim.identification.bounding.frequencies import Columns, frequencies

_TIAN_PEARL = "Tian and Pearl (2000)"


@final
@dataclass(frozen=True, slots=True)
class Attribution:
    """The three probabilities of causation.

    Attributes:
        necessity: PN, of units with treatment and outcome.
        sufficiency: PS, of units with neither.
        both: PNS, of all units.
    """

    necessity: Bounds
    sufficiency: Bounds
    both: Bounds

    def __str__(self) -> str:
        """One line."""
        return f"PN {self.necessity}; PS {self.sufficiency}; PNS {self.both}"


def attribution_bounds(
    data: Table | Columns,
    outcome: str,
    treatment: str,
    *,
    with_treatment: float | None = None,
    without_treatment: float | None = None,
    exogenous: bool = False,
    monotone: bool = False,
) -> Attribution:
    """The sharp intervals of PN, PS and PNS from observations, from experiments, or from both.

    Args:
        data: The joint table of treatment and outcome, or their columns; of two levels, the lower
            one is absence.
        outcome: Y.
        treatment: X.
        with_treatment: P(y | do(x)), where an experiment gives it.
        without_treatment: P(y | do(x')).
        exogenous: Whether the treatment is unconfounded, so that P(y | do(x)) = P(y | x).
        monotone: Whether the treatment never prevents the outcome.

    Raises:
        BoundsError: variables with more than two levels, one experimental result without the
            other, results that contradict the observations.

    >>> import numpy as np
    >>> deaths = np.array([[0.486, 0.014], [0.499, 0.001]])  # axes: drug, death
    >>> table = Table.of(["drug", "death"], deaths)
    >>> found = attribution_bounds(
    ...     table, "death", "drug", with_treatment=0.016, without_treatment=0.014
    ... )
    >>> print(found)
    PN identified: 1; PS between 0.002058 and 0.03086; PNS between 0.002 and 0.016
    """
    table = frequencies(data, [treatment, outcome])
    for name, count in zip(table.axes, table.values.shape, strict=True):
        if count != 2:
            raise BoundsError.two_levels(name, count)
    cells = _Cells(*(float(value) for value in table.values.ravel()))
    given = (with_treatment, without_treatment)
    if exogenous:
        if given != (None, None):
            raise BoundsError.not_ours(given, "Either exogenous=True or results of experiments")
        given = cells.conditional(treatment)
    if (given[0] is None) != (given[1] is None):
        raise BoundsError.not_ours(given, "Both with_treatment and without_treatment, or neither,")
    assumptions = ("no confounding",) * exogenous + ("the treatment never prevents",) * monotone
    if given[0] is None or given[1] is None:
        return _observational(cells, assumptions, treatment, outcome)
    cells.check(given[0], given[1], monotone)
    return _experimental(cells, given[0], given[1], assumptions, treatment, outcome)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The four observed probabilities, named by treatment and outcome."""

    neither: float
    only_outcome: float
    only_treatment: float
    both: float

    def conditional(self, treatment: str) -> tuple[float, float]:
        """P(y | x) and P(y | x')."""
        treated = self.both + self.only_treatment
        if not 0 < treated < 1:
            raise BoundsError.empty_stratum([treatment])
        return self.both / treated, self.only_outcome / (1 - treated)

    def check(self, treated: float, control: float, monotone: bool) -> None:
        """Experiments lie within what the observations allow."""
        slack = 1e-9
        # Consistency: P(x, y) <= P(y | do(x)) <= 1 - P(x, y'), and likewise for x'.
        moved = max(
            self.both - treated,
            treated - (1 - self.only_treatment),
            self.only_outcome - control,
            control - (1 - self.neither),
        )
        if monotone:
            outcome = self.both + self.only_outcome
            moved = max(moved, outcome - treated, control - outcome)
        if not 0 <= treated <= 1 or not 0 <= control <= 1:
            raise BoundsError.not_ours((treated, control), "Two probabilities")
        if moved > slack:
            raise BoundsError.contradicted(moved, ("the experiments are of the same population",))


def _observational(
    cells: _Cells, said: tuple[str, ...], treatment: str, outcome: str
) -> Attribution:
    """Without experiments, and whether or not the treatment is monotone."""
    why = (
        f"{treatment} and {outcome} may be confounded and no experiment is given "
        f"({_TIAN_PEARL}, section 4.2)."
    )
    most = cells.both + cells.neither
    return Attribution(
        Bounds(0.0, 1.0, True, why, said),
        Bounds(0.0, 1.0, True, why, said),
        Bounds(0.0, most, True, why, said),
    )


def _experimental(
    cells: _Cells,
    treated: float,
    control: float,
    said: tuple[str, ...],
    treatment: str,
    outcome: str,
) -> Attribution:
    """With P(y | do(x)) and P(y | do(x'))."""
    observed = cells.both + cells.only_outcome
    if len(said) and said[-1].startswith("the treatment never"):
        why = f"{treatment} never prevents {outcome}: all three are identified ({_TIAN_PEARL})."
        points = (
            _share(observed - control, cells.both),
            _share(treated - observed, cells.neither),
            (treated - control, treated - control),
        )
        return Attribution(*(Bounds(low, high, True, why, said) for low, high in points))
    why = f"Observations and P({outcome} | do({treatment})) together ({_TIAN_PEARL}, section 4.3)."
    discordant = cells.only_treatment + cells.only_outcome
    both = (
        max(0.0, treated - control, observed - control, treated - observed),
        min(treated, 1 - control, cells.both + cells.neither, treated - control + discordant),
    )
    necessity = (
        _share(observed - control, cells.both)[0],
        _share(1 - control - cells.neither, cells.both)[1],
    )
    sufficiency = (
        _share(treated - observed, cells.neither)[0],
        _share(treated - cells.both, cells.neither)[1],
    )
    ends = (necessity, sufficiency, both)
    return Attribution(*(Bounds(low, max(low, high), True, why, said) for low, high in ends))


def _share(part: float, whole: float) -> tuple[float, float]:
    """A conditional probability cut to [0, 1]; anything when the condition never happens."""
    if whole <= 0:
        return 0.0, 1.0
    # Rounding must not turn a certainty into something less.
    found = min(1.0, max(0.0, round(part / whole, 12)))
    return found, found
