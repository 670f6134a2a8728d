"""What a question about several worlds gives back: each world as a frame, all on the same units."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import narwhals as nw
import numpy as np

from causalsim.errors.base import listed
from causalsim.errors.worlds import WorldError
from causalsim.scm.domain import Levels
from causalsim.scm.imagining.abduction import Diagnostics
from causalsim.scm.result import Counterfactual


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Worlds:
    """The same units in several worlds, with the same noise in all of them.

    ``result["treated"]["y"] - result["control"]["y"]`` is a column: the effect on each unit.
    Where noise is uncertain ask for draws, and take contrasts draw by draw:
    ``(result["treated"].draws("y") - result["control"].draws("y")).interval()``.

    Args:
        worlds: Each world by its name.
        diagnostics: Which engine, exact or not, what was drawn, which coupling was assumed.
    """

    worlds: Mapping[str, Counterfactual]
    diagnostics: Diagnostics

    def __getitem__(self, world: str) -> Counterfactual:
        """One world."""
        if world not in self.worlds:
            raise WorldError.unknown(world, self.worlds)
        return self.worlds[world]

    def __iter__(self) -> Iterator[str]:
        """The names of the worlds."""
        return iter(self.worlds)

    def __len__(self) -> int:
        """How many worlds there are."""
        return len(self.worlds)

    @property
    def frame(self) -> Any:  # noqa: ANN401
        """All worlds below one another, with a column ``world`` in front."""
        parts = []
        for name, world in self.worlds.items():
            opened = nw.from_native(world.frame, eager_only=True)
            parts.append(_led(opened, name))
        return nw.concat(parts, how="diagonal").to_native()

    def to_xarray(self) -> Any:  # noqa: ANN401
        """An ``xarray.Dataset`` with dimensions draw, world and unit; names stay names.

        A variable is in it if every world has it.
        """
        import xarray

        names = [*self.worlds]
        shared = [
            name
            for name in next(iter(self.worlds.values())).columns
            if all(name in world.columns for world in self.worlds.values())
        ]
        columns = {
            name: (
                ("draw", "world", "unit"),
                np.stack(
                    np.broadcast_arrays(*(_drawn(self.worlds[one], name) for one in names)), axis=1
                ),
            )
            for name in shared
        }
        return xarray.Dataset(columns, coords={"world": names})

    @property
    def why(self) -> str:
        """How the answer was found, in English."""
        lines = [f"Engine: {self.diagnostics}."]
        for name, world in self.worlds.items():
            done = "; ".join(world.actions) or "nothing was done"
            lines.append(f"{name}: {done}; it changes {listed(world.draws_of) or 'nothing'}.")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """The answer without its rows."""
        return {name: world.to_dict() for name, world in self.worlds.items()}

    def __str__(self) -> str:
        """In a few words."""
        units = len(next(iter(self.worlds.values())))
        return f"{units} units in {len(self.worlds)} worlds: {listed(self)} ({self.diagnostics})"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The stacked frame as notebooks show it, under a line that says what it is."""
        from html import escape

        return f"<p>{escape(str(self))}</p>{self.frame._repr_html_()}"


def _led(opened: "nw.DataFrame[Any]", world: str) -> "nw.DataFrame[Any]":
    """A frame with the name of its world in front."""
    names = [name for name in opened.columns if name != "world"]
    label = nw.new_series("world", [world] * len(opened), backend=opened.implementation)
    if opened.implementation.is_pandas_like():
        native = label.to_native().set_axis(opened.to_native().index)
        label = nw.from_native(native, series_only=True)
    return opened.with_columns(label).select("world", *names)


def _drawn(world: Counterfactual, name: str) -> Any:  # noqa: ANN401
    """Every draw of a variable, of shape (draws or 1, units)."""
    if name not in world.domains:
        return np.asarray(world[name])[np.newaxis]
    domain, values = world.domains[name], world.draws_of[name]
    if isinstance(domain, Levels):
        return domain.decode(values)
    return values.numpy()
