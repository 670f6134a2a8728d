"""What columns are for besides outcome, treatment and covariates, and which arms are compared."""

from dataclasses import dataclass

Level = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Roles:
    """How a frame is to be read, beyond what the answer says.

    Attributes:
        units: The outcome's unit; None looks for ``frame.attrs["units"][outcome]``.
        weights: The column of sampling weights.
        clusters: The column that tells which rows belong together.
        arms: The level compared with and the level that the effect is of; None is lowest and
            highest of two.
    """

    units: str | None = None
    weights: str | None = None
    clusters: str | None = None
    arms: tuple[Level, Level] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return tuple(name for name in (self.weights, self.clusters) if name is not None)


PLAIN = Roles()
