"""An attribution: what each part of a model contributes, and how that was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from causalsim import frames
from causalsim.scm.parallel.asking import frame_like


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Attribution:
    """What each noise, mechanism or arrow contributes to something about a target.

    Args:
        subject: What is explained, in words.
        target: The variable.
        parts: The contribution of each part, in causal order.
        errors: Their standard errors; zero where nothing was drawn.
        total: What is explained; None where the parts do not add up to anything.
        method: How it was found, one sentence.
        exact: Whether nothing was drawn.
        doubts: What speaks against the numbers, one sentence each.
        like: A frame of the kind that `to_frame` gives.
    """

    subject: str
    target: str
    parts: Mapping[str, float]
    errors: Mapping[str, float]
    total: float | None
    method: str
    exact: bool
    doubts: tuple[str, ...] = ()
    like: Any = None

    def __getitem__(self, part: str) -> float:
        """The contribution of one part."""
        return self.parts[part]

    @property
    def ranked(self) -> tuple[str, ...]:
        """The parts, from the greatest contribution (in size) to the least."""
        return tuple(sorted(self.parts, key=lambda part: -abs(self.parts[part])))

    @property
    def why(self) -> str:
        """How it was found, in English, and what speaks against it."""
        lines = [f"Explained: the {self.subject}.", self.method]
        if self.total is not None:
            lines.append(f"The contributions add up to {self.total:.4g}.")
        lines += [f"Doubtful: {doubt}" for doubt in self.doubts]
        return "\n".join(lines)

    def to_frame(self) -> Any:  # noqa: ANN401
        """One row a part: its contribution, its share of the total, its standard error."""
        columns: dict[str, list[Any]] = {
            "part": list(self.parts),
            "contribution": list(self.parts.values()),
            "error": [self.errors[part] for part in self.parts],
        }
        if self.total:
            columns["share"] = [value / self.total for value in self.parts.values()]
        return frames.build(frame_like(self.like), columns)

    def to_dict(self) -> dict[str, object]:
        """All of it, in plain types."""
        return {
            "subject": self.subject,
            "target": self.target,
            "parts": dict(self.parts),
            "errors": dict(self.errors),
            "total": self.total,
            "method": self.method,
            "exact": self.exact,
            "doubts": list(self.doubts),
        }

    def __str__(self) -> str:
        """In a line: the total and the greatest contributions."""
        told = []
        for part in self.ranked[:4]:
            error = "" if self.exact else f" (se {self.errors[part]:.2g})"
            told.append(f"{part} {self.parts[part]:.4g}{error}")
        more = len(self.parts) - len(told)
        rest = f", … ({more} more)" if more else ""
        total = "" if self.total is None else f" = {self.total:.4g}"
        listed = ", ".join(told) or "nothing contributes"
        return f"{self.subject}{total}: {listed}{rest}{'; doubtful' if self.doubts else ''}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A table under a line of text, as notebooks show it."""
        rows = "".join(
            f"<tr><td>{escape(part)}</td><td>{self.parts[part]:.4g}</td>"
            f"<td>{self.errors[part]:.2g}</td></tr>"
            for part in self.ranked
        )
        head = "<tr><th>part</th><th>contribution</th><th>error</th></tr>"
        return f"<p>{escape(str(self))}</p><table>{head}{rows}</table>"
