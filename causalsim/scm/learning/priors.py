"""What is believed about the parameters of one mechanism before its rows are seen.

Where nothing is said the prior is weakly informative and scaled to the data, so that it weighs
about as much as one row to three:

==========================================  ===================================================
parameter                                   default
==========================================  ===================================================
slope of a continuous variable              ``Normal(0, 2.5 sd(y) / sd(x))`` at the residuals' own
                                            size (`ScaledNormal`)
its value where all parents are average     ``Normal(mean(y), 2.5 sd(y))``, likewise
its noise                                   ``InverseGamma(3/2, 3s²/2)`` on the variance, with
                                            ``s²`` the residual variance of least squares
slope of log-odds or of a log rate          ``Normal(0, 2.5 / sd(x))``
log-odds or log rate at average parents     ``Normal(·, 5)`` around the overall frequency or rate
cut between ordered levels                  ``Normal(0, 5)`` at average parents, in order
row of a table                              ``Dirichlet(1/2)`` (Jeffreys)
spread between groups                       ``HalfNormal(sd(y))``; ``HalfNormal(1)`` for log-odds
                                            and log rates
==========================================  ===================================================

References:
    Gelman, Jakulin, Pittau and Su, "A weakly informative default prior distribution for logistic
    and other regression models" (2008); Kass and Wasserman, "A reference Bayesian test for nested
    hypotheses and its relationship to the Schwarz criterion" (1995), for priors that weigh as
    much as a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from causalsim.errors.model import ModelError


@dataclass(frozen=True, slots=True)
class Normal:
    """A belief about an intercept or a slope, in its own unit.

    Args:
        loc: The mean.
        scale: The standard deviation, positive.

    >>> str(Normal(0, 2))
    'Normal(0, 2)'
    """

    loc: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check what was given."""
        _require_number("loc", self.loc)
        _require_positive("scale", self.scale)

    def __str__(self) -> str:
        """In a few words."""
        return f"Normal({self.loc:.4g}, {self.scale:.4g})"


@dataclass(frozen=True, slots=True)
class ScaledNormal:
    """A belief whose standard deviation is ``scale`` times that of the variable's noise.

    This is the form that has a posterior in closed form (normal-inverse-gamma).

    Args:
        loc: The mean, in the parameter's own unit.
        scale: In standard deviations of the noise, positive.

    >>> str(ScaledNormal(0, 2))
    'Normal(0, 2 sd)'
    """

    loc: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check what was given."""
        _require_number("loc", self.loc)
        _require_positive("scale", self.scale)

    def __str__(self) -> str:
        """In a few words."""
        return f"Normal({self.loc:.4g}, {self.scale:.4g} sd)"


@dataclass(frozen=True, slots=True)
class InverseGamma:
    """A belief about a variance: ``p(v) ∝ v^-(shape+1) exp(-scale / v)``.

    >>> str(InverseGamma(2, 1))
    'InverseGamma(2, 1)'
    """

    shape: float
    scale: float

    def __post_init__(self) -> None:
        """Check what was given."""
        _require_positive("shape", self.shape)
        _require_positive("scale", self.scale)

    def __str__(self) -> str:
        """In a few words."""
        return f"InverseGamma({self.shape:.4g}, {self.scale:.4g})"


@dataclass(frozen=True, slots=True)
class HalfNormal:
    """A belief about a standard deviation: the absolute value of a ``Normal(0, scale)``.

    >>> str(HalfNormal(1))
    'HalfNormal(1)'
    """

    scale: float

    def __post_init__(self) -> None:
        """Check what was given."""
        _require_positive("scale", self.scale)

    def __str__(self) -> str:
        """In a few words."""
        return f"HalfNormal({self.scale:.4g})"


@dataclass(frozen=True, slots=True)
class HalfCauchy:
    """A belief about a standard deviation with a heavy tail (Gelman 2006).

    >>> str(HalfCauchy(25))
    'HalfCauchy(25)'
    """

    scale: float

    def __post_init__(self) -> None:
        """Check what was given."""
        _require_positive("scale", self.scale)

    def __str__(self) -> str:
        """In a few words."""
        return f"HalfCauchy({self.scale:.4g})"


@dataclass(frozen=True, slots=True)
class Dirichlet:
    """A belief about each row of a table: so many rows seen beforehand of each level.

    Args:
        concentration: The same for all levels, or one a level in their order; positive.

    >>> str(Dirichlet(0.5))
    'Dirichlet(0.5)'
    """

    concentration: float | tuple[float, ...] = 0.5

    def __post_init__(self) -> None:
        """Check what was given."""
        found = self.concentration
        for value in found if isinstance(found, tuple) else (found,):
            _require_positive("concentration", value)

    def __str__(self) -> str:
        """In a few words."""
        found = self.concentration
        parts = found if isinstance(found, tuple) else (found,)
        return f"Dirichlet({', '.join(f'{value:.4g}' for value in parts)})"


@dataclass(frozen=True, slots=True)
class Beta:
    """A belief about the probability of the second of two levels, in each row of a table.

    >>> str(Beta(1, 1))
    'Beta(1, 1)'
    """

    a: float = 0.5
    b: float = 0.5

    def __post_init__(self) -> None:
        """Check what was given."""
        _require_positive("a", self.a)
        _require_positive("b", self.b)

    def __str__(self) -> str:
        """In a few words."""
        return f"Beta({self.a:.4g}, {self.b:.4g})"


Coefficient = Normal | ScaledNormal
Spread = InverseGamma | HalfNormal | HalfCauchy


@dataclass(frozen=True, slots=True)
class Prior:
    """The beliefs about one mechanism; what is left out has the default of this module.

    Args:
        intercept: About the value (log-odds, log rate) where all parents are zero.
        slopes: For each parent about its slope, or about each column of its curve or offsets.
        noise: About the noise of a continuous variable: `InverseGamma` speaks of the variance,
            `HalfNormal` and `HalfCauchy` of the standard deviation.
        table: About each row of a table.
        groups: About the standard deviations between groups of a `Pooled` mechanism.

    Examples:
        >>> print(Prior(slopes={"dose": Normal(0, 1)}, noise=HalfNormal(2)))
        slope of dose ~ Normal(0, 1), noise ~ HalfNormal(2)
    """

    intercept: Coefficient | None = None
    slopes: Mapping[str, Coefficient] | None = None
    noise: Spread | None = None
    table: Dirichlet | Beta | None = None
    groups: HalfNormal | HalfCauchy | None = None

    def __str__(self) -> str:
        """In a few words."""
        said = [("intercept", self.intercept)] if self.intercept else []
        parts = [f"{name} ~ {belief}" for name, belief in said]
        parts += [f"slope of {name} ~ {belief}" for name, belief in (self.slopes or {}).items()]
        named = (("noise", self.noise), ("table", self.table), ("groups", self.groups))
        parts += [f"{name} ~ {belief}" for name, belief in named if belief is not None]
        return ", ".join(parts) or "defaults"


def _require_number(what: str, found: object) -> None:
    """Refuse what is no finite number."""
    if isinstance(found, bool) or not isinstance(found, int | float) or not isfinite(found):
        raise ModelError.bad_parameter(f"the prior's {what}", found, "a finite number")


def _require_positive(what: str, found: object) -> None:
    """Refuse what is no positive number."""
    _require_number(what, found)
    if not float(found) > 0.0:  # type: ignore[arg-type]
        raise ModelError.bad_parameter(f"the prior's {what}", found, "a positive number")
