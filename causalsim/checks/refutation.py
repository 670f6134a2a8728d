"""What came of an attempt to break an estimate."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Refutation:
    """One attempt to break an estimate, and its verdict.

    Attributes:
        name: What was tried.
        estimate: What the estimator gave, on average over the repetitions.
        expected: What a sound estimator gives.
        statistic: The distance between the two in standard errors.
        p_value: How often a sound estimator would stray so far.
        passed: Whether the estimate survived.
        sentence: The verdict in English.
        draws: The estimate of every repetition.
        settings: How the repetitions were fitted.
    """

    name: str
    estimate: float
    expected: float
    statistic: float
    p_value: float
    passed: bool
    sentence: str
    draws: tuple[float, ...]
    settings: str

    def __str__(self) -> str:
        """Verdict first."""
        return f"{'passed' if self.passed else 'FAILED'}  {self.name}: {self.sentence}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "name": self.name,
            "estimate": self.estimate,
            "expected": self.expected,
            "statistic": self.statistic,
            "p_value": self.p_value,
            "passed": self.passed,
            "sentence": self.sentence,
            "draws": list(self.draws),
            "settings": self.settings,
        }


@dataclass(frozen=True, slots=True)
class Refutations:
    """Several attempts to break one estimate, in the order in which they were made.

    Surviving them does not prove an effect: no check of this kind sees a confounder that nobody
    measured.

    Attributes:
        attempts: What was tried.
        left_out: Why attempts that nobody asked for by name were not made.
    """

    attempts: tuple[Refutation, ...]
    left_out: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Refutation]:
        """One attempt after the other."""
        return iter(self.attempts)

    def __len__(self) -> int:
        """How many attempts were made."""
        return len(self.attempts)

    def __getitem__(self, place: int) -> Refutation:
        """The attempt at a place."""
        return self.attempts[place]

    @property
    def passed(self) -> bool:
        """Whether the estimate survived every attempt."""
        return all(attempt.passed for attempt in self.attempts)

    def __str__(self) -> str:
        """One line for each attempt, made or left out."""
        lines = [str(attempt) for attempt in self.attempts]
        return "\n".join([*lines, *(f"left out  {reason}" for reason in self.left_out)])

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        rows = "".join(
            f"<tr><td>{escape(one.name)}</td><td>{one.estimate:.3g}</td><td>{one.expected:.3g}</td>"
            f"<td>{one.p_value:.2g}</td><td>{'passed' if one.passed else 'failed'}</td>"
            f"<td>{escape(one.sentence)}</td></tr>"
            for one in self.attempts
        )
        heads = "".join(
            f"<th>{head}</th>"
            for head in ("attempt", "estimate", "expected", "p", "verdict", "in words")
        )
        return f"<table><tr>{heads}</tr>{rows}</table>"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "passed": self.passed,
            "attempts": [one.to_dict() for one in self.attempts],
            "left_out": list(self.left_out),
        }
