"""What a counterfactual question gives back: the frame as it would have been, and how sure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from causalsim import frames
from causalsim.errors.model import ModelError
from causalsim.scm.abduction import Diagnostics
from causalsim.scm.domain import Domain, Level, Levels
from causalsim.scm.parallel.draws import Draws


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Counterfactual:
    """The rows of a frame as they would have been.

    ``result["y"]`` is the column of the new frame, so that contrasts are arithmetic:
    ``result["y"] - people["y"]``. Where the evidence leaves noise uncertain the frame holds one
    possible world (the first draw), right on average over rows; for single rows ask for many
    draws and read `mean` or `probability`.

    Args:
        frame: Of the kind of the evidence; columns that the action does not influence are as they
            were.
        draws_of: The affected variables, each of shape (draws, units).
        domains: The domain of each of them.
        diagnostics: Which engine, exact or not, what was drawn, which coupling was assumed.
        actions: What was done, as equations.
    """

    frame: Any
    draws_of: Mapping[str, Tensor]
    domains: Mapping[str, Domain]
    diagnostics: Diagnostics
    actions: tuple[str, ...]

    @classmethod
    def made(
        cls,
        frame: Any,  # noqa: ANN401
        values: Mapping[str, Tensor],
        domains: Mapping[str, Domain],
        diagnostics: Diagnostics,
        actions: tuple[str, ...],
    ) -> "Counterfactual":
        """The result, with the first draw written into a copy of the frame."""
        columns = {node: domains[node].decode(value[0]) for node, value in values.items()}
        return cls(with_columns(frame, columns), values, domains, diagnostics, actions)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        """A column of the frame."""
        if name not in self.frame.columns:
            raise ModelError.unknown_node(name, self.frame.columns)
        return self.frame[name]

    def draws(self, name: str) -> Draws:
        """Every draw of a variable, for arithmetic between worlds.

        Raises:
            ModelError: No such variable, or it has names instead of numbers.
        """
        domain = self.domains.get(name)
        if isinstance(domain, Levels) and domain.named:
            raise ModelError.names_have_no_mean(name, domain.levels)
        if domain is not None:
            return Draws(np.asarray(self.draws_of[name].numpy()))
        if name not in self.frame.columns:
            raise ModelError.unknown_node(name, self.frame.columns)
        return Draws(frames.numeric(self.frame, name)[np.newaxis])

    def mean(self, name: str) -> NDArray[np.float64]:
        """The expected value for each unit, over the draws.

        Raises:
            ModelError: The action does not influence it, or it has names instead of numbers.
        """
        domain = self._domain(name)
        if isinstance(domain, Levels) and domain.named:
            raise ModelError.names_have_no_mean(name, domain.levels)
        return np.asarray(self.draws_of[name].mean(dim=0).numpy())

    def probability(self, name: str, level: Level) -> NDArray[np.float64]:
        """The probability of a level for each unit, over the draws.

        Raises:
            ModelError: The action does not influence the variable, or it has no such level.
        """
        value = self._domain(name).encode(name, level)
        return np.asarray((self.draws_of[name] == value).double().mean(dim=0).numpy())

    @property
    def why(self) -> str:
        """How the answer was found, in English."""
        changed = ", ".join(self.draws_of)
        kept = [name for name in self.frame.columns if name not in self.draws_of]
        lines = [
            f"Done: {'; '.join(self.actions)}.",
            f"Engine: {self.diagnostics}.",
            f"Recomputed from each unit's own noise: {changed}.",
        ]
        if kept:
            lines.append(f"Not influenced, so as observed: {', '.join(kept)}.")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """The answer without its rows."""
        return {
            "actions": list(self.actions),
            "units": len(self.frame),
            "engine": self.diagnostics.engine,
            "exact": self.diagnostics.exact,
            "draws": self.diagnostics.draws,
            "drawn": list(self.diagnostics.drawn),
            "couplings": {node: tie.value for node, tie in self.diagnostics.couplings},
        }

    def __len__(self) -> int:
        """How many units there are."""
        return len(self.frame)

    def __str__(self) -> str:
        """In a few words."""
        return f"{len(self.frame)} units under {'; '.join(self.actions)} ({self.diagnostics})"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The frame as notebooks show it, under a line that says what it is."""
        from html import escape

        return f"<p>{escape(str(self))}</p>{self.frame._repr_html_()}"

    def _domain(self, name: str) -> Domain:
        """The domain of an affected variable."""
        if name not in self.domains:
            raise ModelError.not_drawn(name, self.domains)
        return self.domains[name]


def with_columns(frame: Any, columns: Mapping[str, NDArray[np.generic]]) -> Any:  # noqa: ANN401
    """A copy of a frame with some columns replaced or added; the others are not touched."""
    opened = nw.from_native(frame, eager_only=True)
    series = [
        nw.new_series(name, np.array(column, copy=True), backend=opened.implementation)
        for name, column in columns.items()
    ]
    if opened.implementation.is_pandas_like():
        # pandas would align by index, and the rows of the frame may carry names of their own.
        native = [one.to_native().set_axis(frame.index) for one in series]
        series = [nw.from_native(one, series_only=True) for one in native]
    return opened.with_columns(series).to_native()
