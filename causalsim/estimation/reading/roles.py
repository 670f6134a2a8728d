"""What columns are for besides outcome, treatment and covariates, and which arms are compared."""

from dataclasses import dataclass

from causalsim.errors.estimation import EstimationError

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
        propensity: The column with the known probability of the higher of two levels, as the
            design of an experiment fixed it.

    Raises:
        EstimationError: A column itself where its name is expected.
    """

    units: str | None = None
    weights: str | None = None
    clusters: str | None = None
    arms: tuple[Level, Level] | None = None
    propensity: str | None = None

    def __post_init__(self) -> None:
        """Names, not columns."""
        for role in ("units", "weights", "clusters", "propensity"):
            found = getattr(self, role)
            if found is not None and not isinstance(found, str):
                kind = "a unit in words" if role == "units" else "the name of a column of the frame"
                raise EstimationError.bad_setting(role, type(found).__name__, kind)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        named = (self.weights, self.clusters, self.propensity)
        return tuple(name for name in named if name is not None)


PLAIN = Roles()
