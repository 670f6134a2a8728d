"""What is done at every stage: a level for everyone, or a rule that looks at what is known."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.sequences import SequenceError
from causalsim.estimation.reading.roles import Level

Known = Mapping[str, NDArray[Any]]


@final
@dataclass(frozen=True, slots=True, init=False)
class Rule:
    """A treatment decided by what is known when it is taken.

    Attributes:
        reads: The columns that it looks at.
        decide: From these columns, by name, to one level of the treatment a row.
        words: The rule as it is printed.

    >>> sick = Rule("cd4", lambda known: known["cd4"] < 350, "cd4 < 350")
    >>> print(sick)
    cd4 < 350
    """

    reads: tuple[str, ...]
    decide: Callable[[Known], NDArray[Any]]
    words: str

    def __init__(
        self,
        reads: str | Iterable[str],
        decide: Callable[[Known], NDArray[Any]],
        words: str = "",
    ) -> None:
        """Name what is looked at, and say what follows from it."""
        names = (reads,) if isinstance(reads, str) else tuple(reads)
        object.__setattr__(self, "reads", names)
        object.__setattr__(self, "decide", decide)
        object.__setattr__(self, "words", words or f"a rule of {', '.join(names)}")

    def __str__(self) -> str:
        """Its words."""
        return self.words


def when(
    name: str,
    *,
    above: float | None = None,
    below: float | None = None,
    then: Level = 1,
    otherwise: Level = 0,
) -> Rule:
    """The rule to do one thing where a number lies above or below a bound, else another.

    Args:
        name: The column that is looked at.
        above: The number must be greater than this, if given.
        below: The number must be less than this, if given.
        then: What is done where it is.
        otherwise: What is done where it is not.

    Returns:
        The rule.

    Raises:
        SequenceError: Neither bound is given, or nothing lies between them.

    >>> rule = when("cd4", below=350)
    >>> rule.decide({"cd4": np.array([200.0, 500.0])}).tolist()
    [1, 0]
    >>> print(rule)
    1 if cd4 < 350 else 0
    """
    if above is None and below is None:
        raise SequenceError.bad_setting("above", None, "a number (or below)")
    for side, bound in (("above", above), ("below", below)):
        if bound is not None and (not isinstance(bound, int | float) or bound != bound):
            raise SequenceError.bad_setting(side, bound, "a number")
    low = -np.inf if above is None else above
    high = np.inf if below is None else below
    if low >= high:
        raise SequenceError.bad_setting("below", below, f"greater than above={above}")
    parts = [f"{name} > {above:g}"] if above is not None else []
    parts += [f"{name} < {below:g}"] if below is not None else []

    def decide(known: Known) -> NDArray[Any]:
        value = np.asarray(known[name], dtype=np.float64)
        return np.where((value > low) & (value < high), then, otherwise)

    return Rule(name, decide, f"{then} if {' and '.join(parts)} else {otherwise}")


@final
@dataclass(frozen=True, slots=True, init=False)
class Regime:
    """What is done at every treatment, by name.

    Attributes:
        steps: Each treatment with a level for everyone, or a `Rule`.

    >>> print(Regime({"a0": 1, "a1": when("cd4", below=350)}))
    a0 = 1, a1 = 1 if cd4 < 350 else 0
    """

    steps: tuple[tuple[str, Level | Rule], ...]

    def __init__(self, steps: Mapping[str, Level | Rule]) -> None:
        """Say what is done.

        Raises:
            SequenceError: A step that is neither a level nor a rule.
        """
        if not isinstance(steps, Mapping) or not steps:
            raise SequenceError.no_regime(steps)
        for name, step in steps.items():
            if not isinstance(step, Rule | int | float | str) or step != step:
                raise SequenceError.bad_step(name, step)
        object.__setattr__(self, "steps", tuple(steps.items()))

    @property
    def treatments(self) -> tuple[str, ...]:
        """The treatments it sets."""
        return tuple(name for name, _ in self.steps)

    @property
    def reads(self) -> dict[str, tuple[str, ...]]:
        """For each treatment that follows a rule, what the rule looks at."""
        return {name: step.reads for name, step in self.steps if isinstance(step, Rule)}

    def step(self, treatment: str) -> Level | Rule:
        """What is done at one treatment."""
        return dict(self.steps)[treatment]

    def __str__(self) -> str:
        """Every step."""
        return ", ".join(f"{name} = {step}" for name, step in self.steps)


@dataclass(frozen=True, slots=True)
class RegimeContrast:
    """Which regimes are compared.

    Attributes:
        regimes: The regimes.
        signs: The coefficient of each regime's mean in the effect.
    """

    regimes: tuple[Regime, ...]
    signs: tuple[float, ...]

    @property
    def in_words(self) -> str:
        """What the comparison is called."""
        if self.signs == (1.0,):
            return f"mean under {self.regimes[0]}"
        if sorted(self.signs) == [-1.0, 1.0]:
            high, low = self.signs.index(1.0), self.signs.index(-1.0)
            return f"average effect of {self.regimes[high]} against {self.regimes[low]}"
        parts = zip(self.signs, self.regimes, strict=True)
        return " ".join(f"{sign:+g} times the mean under {regime}" for sign, regime in parts)
