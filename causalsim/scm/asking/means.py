"""The mean of an outcome in many worlds: values of policies, shifts, and doses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.asking import AskingError
from causalsim.errors.model import ModelError
from causalsim.errors.worlds import WorldError
from causalsim.scm.domain import Levels
from causalsim.scm.parallel.asking import Model, ask_worlds
from causalsim.seeds import Seed, seeded

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WorldMeans:
    """The mean of one outcome in each world, over the same units.

    Args:
        outcome: Whose mean.
        worlds: The names of the worlds.
        places: For a dose-response curve the dose of each world; else their numbers.
        means: One a world.
        covariance: Of the means, from unit to unit; small for contrasts, since units are the same.
        units: How many units.
    """

    outcome: str
    worlds: tuple[str, ...]
    places: Array
    means: Array
    covariance: Array
    units: int

    def __getitem__(self, world: str) -> float:
        """The mean in one world."""
        return float(self.means[self._place(world)])

    @property
    def errors(self) -> Array:
        """The standard error of each mean."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    def contrast(self, world: str, other: str) -> tuple[float, float]:
        """The difference of two means and its standard error, unit by unit."""
        one, two = self._place(world), self._place(other)
        spread = self.covariance
        error = spread[one, one] + spread[two, two] - 2.0 * spread[one, two]
        return float(self.means[one] - self.means[two]), float(max(error, 0.0) ** 0.5)

    def to_dict(self) -> dict[str, object]:
        """The means as plain values, fit for JSON."""
        return {
            "outcome": self.outcome,
            "worlds": list(self.worlds),
            "means": self.means.tolist(),
            "errors": self.errors.tolist(),
            "units": self.units,
        }

    @property
    def why(self) -> str:
        """What was done, in English."""
        return (
            f"The mean of {self.outcome} over {self.units} units, the same units with the same "
            f"noise in each of {len(self.worlds)} worlds."
        )

    def __str__(self) -> str:
        """In a few words."""
        shown = [
            f"{world}: {mean:.4g} (se {error:.2g})"
            for world, mean, error in zip(self.worlds, self.means, self.errors, strict=True)
        ]
        more = f", … ({len(shown) - 6} more)" if len(shown) > 6 else ""
        return f"mean of {self.outcome} in {', '.join(shown[:6])}{more}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A small table, as notebooks show it."""
        from html import escape

        rows = "".join(
            f"<tr><td>{escape(world)}</td><td>{mean:.4g}</td><td>{error:.2g}</td></tr>"
            for world, mean, error in zip(self.worlds, self.means, self.errors, strict=True)
        )
        head = "<tr><th>world</th><th>mean</th><th>standard error</th></tr>"
        return f"<p>{escape(self.why)}</p><table>{head}{rows}</table>"

    def _place(self, world: str) -> int:
        """The number of a world."""
        if world not in self.worlds:
            raise WorldError.unknown(world, self.worlds)
        return self.worlds.index(world)


def world_means(
    model: Model,
    worlds: Mapping[str, Mapping[Any, object]],
    outcome: str,
    frame: Any = None,  # noqa: ANN401
    *,
    units: int = 100_000,
    seed: int | Seed = 0,
) -> WorldMeans:
    """The mean of an outcome under each of several policies, shifts or other actions.

    Args:
        model: The structural causal model.
        worlds: For each name what is done there, as in `SCM.worlds`.
        outcome: Whose mean; a variable with numbers.
        frame: The units, as observed where nothing was done; None for new units.
        units: How many new units.
        seed: Root of the draws.

    Raises:
        ModelError: As `SCM.worlds`; or names, which have no mean.

    Examples:
        >>> from causalsim import Graph
        >>> from causalsim.scm import SCM, Policy, Shift, linear
        >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})})
        >>> found = world_means(model, {"as is": {}, "shifted": {"x": Shift(1.0)}}, "y")
        >>> [round(number, 6) for number in found.contrast("shifted", "as is")]
        [2.0, 0.0]
    """
    if outcome not in model.graph:
        raise ModelError.unknown_node(outcome, model.graph.nodes)
    domain = model.mechanisms[outcome].domain
    if isinstance(domain, Levels) and domain.named:
        raise ModelError.names_have_no_mean(outcome, domain.levels)
    count = None if frame is not None else units
    stream = seeded(seed)
    found = ask_worlds(
        model, worlds, frame, units=count, draws=1, by=None, seed=stream, only=(outcome,)
    )
    columns = np.stack([found[world].draws(outcome).mean() for world in found])
    spread = np.zeros((len(columns), len(columns)))
    if columns.shape[1] > 1:
        spread = np.atleast_2d(np.cov(columns)) / columns.shape[1]
    places = np.arange(len(columns), dtype=np.float64)
    return WorldMeans(outcome, tuple(found), places, columns.mean(axis=1), spread, columns.shape[1])


def dose_response(
    model: Model,
    treatment: str,
    grid: Sequence[float],
    outcome: str,
    frame: Any = None,  # noqa: ANN401
    *,
    units: int = 100_000,
    seed: int | Seed = 0,
) -> WorldMeans:
    """The mean outcome at each dose, E[Y(X=x)] for x in a grid; doses stand in ``places``.

    Args:
        model: The structural causal model.
        treatment: X, a variable with numbers.
        grid: The doses.
        outcome: Y.
        frame: The units, as observed where nothing was done; None for new units.
        units: How many new units.
        seed: Root of the draws.

    Raises:
        AskingError: No dose, or one that is no number.

    Examples:
        >>> from causalsim import Graph
        >>> from causalsim.scm import SCM, linear
        >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})})
        >>> curve = dose_response(model, "x", [0.0, 1.0, 2.0], "y")
        >>> (curve.means - curve.means[0]).round(6).tolist()
        [0.0, 2.0, 4.0]
    """
    doses = np.asarray(grid)
    if doses.ndim != 1 or not doses.size or doses.dtype.kind not in "biuf":
        raise AskingError.bad_grid(treatment, grid)
    worlds = {f"{treatment}={dose!r}": {treatment: dose} for dose in doses.tolist()}
    found = world_means(model, worlds, outcome, frame, units=units, seed=seed)
    if len(worlds) < doses.size:
        raise AskingError.bad_grid(treatment, grid)
    return WorldMeans(
        found.outcome,
        found.worlds,
        doses.astype(np.float64),
        found.means,
        found.covariance,
        found.units,
    )
