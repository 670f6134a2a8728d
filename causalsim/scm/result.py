"""What a counterfactual question gives back: the frame as it would have been, and how sure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from causalsim import frames
from causalsim.errors.model import ModelError
from causalsim.scm.domain import Domain, Level, Levels
from causalsim.scm.imagining.abduction import Diagnostics
from causalsim.scm.imagining.closed_form import ClosedForm
from causalsim.scm.parallel.draws import Draws


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Counterfactual:
    """The rows of a frame as they would have been.

    ``result["y"]`` is the column of the new frame, so that contrasts are arithmetic:
    ``result["y"] - people["y"]``. Where the evidence leaves noise uncertain the frame holds one
    possible world (the first draw), right on average over rows; for single rows read `mean` or
    `probability`, which are exact where all that matters has levels and else as good as the number
    of draws; `how` says which.

    Args:
        base: What was observed, of which some columns are as they were; for new units a frame
            without rows, of the kind that the result takes.
        draws_of: The affected variables, each of shape (draws, units).
        domains: The domain of each of them.
        diagnostics: Which engine, exact or not, what was drawn, which coupling was assumed.
        actions: What was done, as equations.
        closed: Exact probabilities of levels, where they may be asked for.
        apart: Whether the values have memory that nothing else shares.
        kept: The frame once it was asked for; it shares its cells with the draws.
    """

    base: Any
    draws_of: Mapping[str, Tensor]
    domains: Mapping[str, Domain]
    diagnostics: Diagnostics
    actions: tuple[str, ...]
    closed: ClosedForm | None = None
    apart: bool = False
    kept: list[Any] = field(default_factory=list, init=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of the frame."""
        return tuple(dict.fromkeys((*frames.names(self.base), *self.draws_of)))

    @property
    def frame(self) -> Any:  # noqa: ANN401
        """Of the kind of the evidence; what the action does not influence is as it was.

        The first draw of what was drawn is in it.
        """
        if self.kept:
            return frames.snapshot(self.kept[0])
        columns = {name: self._column(name) for name in self.draws_of}
        if not frames.names(self.base):
            return frames.build(self.base, columns)
        if not (self.apart and self.diagnostics.exact and frames.copies_lazily(self.base)):
            return frames.put(self.base, columns)
        self.kept.append(frames.lent(self.base, columns))
        return frames.snapshot(self.kept[0])

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        """A column of the frame."""
        if name in self.draws_of:
            column = {name: self._column(name)}
            return frames.build(self.base, column)[name]
        if name not in self.columns:
            raise ModelError.unknown_node(name, self.columns)
        return self.base[name]

    def _column(self, name: str) -> NDArray[np.generic]:
        """The first draw of a variable, as raw values."""
        return self.domains[name].decode(self.draws_of[name][0])

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
        if name not in self.columns:
            raise ModelError.unknown_node(name, self.columns)
        return Draws(frames.numeric(self.base, name)[np.newaxis])

    def mean(self, name: str) -> NDArray[np.float64]:
        """The expected value for each unit: exact as `how` says, else over the draws.

        Raises:
            ModelError: The action does not influence it, or it has names instead of numbers.
        """
        domain = self._domain(name)
        if isinstance(domain, Levels) and domain.named:
            raise ModelError.names_have_no_mean(name, domain.levels)
        chances = self._chances(name)
        if isinstance(domain, Levels) and not isinstance(chances, str):
            return np.asarray((chances @ domain.points).numpy())
        return np.asarray(self.draws_of[name].mean(dim=0).numpy())

    def probability(self, name: str, level: Level) -> NDArray[np.float64]:
        """The probability of a level for each unit: exact as `how` says, else over the draws.

        Raises:
            ModelError: The action does not influence the variable, or it has no such level.
        """
        domain = self._domain(name)
        value = domain.encode(name, level)
        chances = self._chances(name)
        if isinstance(domain, Levels) and not isinstance(chances, str):
            code = domain.codes(name, value.reshape(1))
            return np.asarray(chances[:, int(code)].numpy())
        return np.asarray((self.draws_of[name] == value).double().mean(dim=0).numpy())

    def how(self, name: str) -> str:
        """How `mean` and `probability` of a variable are found: in closed form, or by draws.

        Raises:
            ModelError: The action does not influence the variable.
        """
        self._domain(name)
        if self.diagnostics.exact:
            return "exact, since one answer is left"
        chances = self._chances(name)
        if not isinstance(chances, str):
            return "exact contraction of the twin network"
        draws = len(self.draws_of[name])
        return f"the average of {draws} draw{'' if draws == 1 else 's'}, because {chances}"

    @property
    def why(self) -> str:
        """How the answer was found, in English."""
        changed = ", ".join(self.draws_of)
        kept = [name for name in self.columns if name not in self.draws_of]
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
            "units": len(self),
            "engine": self.diagnostics.engine,
            "exact": self.diagnostics.exact,
            "draws": self.diagnostics.draws,
            "drawn": list(self.diagnostics.drawn),
            "couplings": {node: tie.value for node, tie in self.diagnostics.couplings},
        }

    def __len__(self) -> int:
        """How many units there are."""
        return next((v.shape[-1] for v in self.draws_of.values()), len(self.base))

    def __str__(self) -> str:
        """In a few words."""
        return f"{len(self)} units under {'; '.join(self.actions)} ({self.diagnostics})"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The frame as notebooks show it, under a line that says what it is."""
        from html import escape

        return f"<p>{escape(str(self))}</p>{self.frame._repr_html_()}"

    def _chances(self, name: str) -> Tensor | str:
        """The probability of each level for each unit, or why it is not known exactly."""
        if self.closed is None or self.diagnostics.exact:
            return "another engine was asked for" if self.closed is None else "nothing is drawn"
        return self.closed.chances(name)

    def _domain(self, name: str) -> Domain:
        """The domain of an affected variable."""
        if name not in self.domains:
            raise ModelError.not_drawn(name, self.domains)
        return self.domains[name]
