"""What was learnt from some rows about the factors of formulae, each learnt once."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.plugin import PluginError
from causalsim.estimand.expression import Value
from causalsim.estimation.crossfitting.learners import Matrix, Prediction
from causalsim.estimation.formulas.columns import Columns
from causalsim.estimation.formulas.learning import Learners
from causalsim.seeds import Seed

Held = tuple[Value, ...]
_LEAST = 10


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Regressions and classifiers on one set of rows.

    Two formulae that differ in a level share most of their factors; what is learnt depends on
    names and levels alone, so that it is kept by these.

    Attributes:
        data: The rows.
        learners: What learns.
        seed: Decides the learners' chance.
        known: What was learnt already.
    """

    data: Columns
    learners: Learners
    seed: Seed
    known: dict[tuple[object, ...], Prediction] = field(default_factory=dict)

    def rows(self, held: Held) -> NDArray[np.int_]:
        """The rows with these values.

        Raises:
            PluginError: There are hardly any.
        """
        found = np.flatnonzero(self.data.matches(held))
        if len(found) < _LEAST:
            label = ", ".join(f"{slot.variable} = {slot.level}" for slot in held)
            raise PluginError.thin_cell(label or "values at all", len(found), _LEAST)
        return found

    def mean(self, target: str, names: tuple[str, ...], held: Held) -> Prediction:
        """``E[target | names, held]`` as a function of what is seen of the names."""

        def learn(seed: Seed) -> Prediction:
            exact = tuple(slot for slot in held if slot not in self.data.smooth(held))
            among = self.data.matches(exact)
            self.rows(exact)
            levels = [
                (slot.variable, self.data.by_name[slot.variable].coded(slot.level))
                for slot in exact
            ]
            here = [(name, np.full(1, code)) for name, code in levels]
            return self.learners.mean_among(
                self.data.observed(names),
                self.data.observed([name for name, _ in levels]),
                self.data.seen(here, 1),
                self.data.by_name[target].values,
                among,
                self.data.weights,
                seed,
            )

        return self._kept(("mean", target, names, held), learn)

    def chance(self, events: Held, names: tuple[str, ...], held: Held) -> Prediction:
        """``P(events | names, held)`` as a function of what is seen of the names."""
        for slot in self.data.smooth(events):
            raise PluginError.density_at_value(slot.variable, slot.level)

        def learn(seed: Seed) -> Prediction:
            rows = self.rows(held)
            inside = self.data.rows(rows)
            happened = self.data.matches(events)[rows].astype(np.float64)
            return self.learners.chance(inside.observed(names), happened, inside.weights, seed)

        return self._kept(("chance", events, names, held), learn)

    def classes(self, target: str, names: tuple[str, ...], held: Held) -> tuple[Matrix, Prediction]:
        """The levels of a variable among some rows, and their probabilities."""
        rows = self.rows(held)
        inside = self.data.rows(rows)
        present, codes = np.unique(inside.by_name[target].values, return_inverse=True)

        def learn(seed: Seed) -> Prediction:
            aim = codes.reshape(-1).astype(np.float64)
            return self.learners.shares(inside.observed(names), aim, inside.weights, seed)

        return present, self._kept(("classes", target, names, held), learn)

    def _kept(self, key: tuple[object, ...], learn: Callable[[Seed], Prediction]) -> Prediction:
        """What was learnt under this name, or is learnt now."""
        if key not in self.known:
            self.known[key] = learn(self.seed.child(str(key)))
        return self.known[key]
