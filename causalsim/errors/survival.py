"""What can be wrong with times that may be censored."""

from typing import Self

from causalsim.errors.estimation import EstimationError


class SurvivalError(EstimationError):
    """Times to an event from which no effect can be read."""

    @classmethod
    def no_flag(cls, name: str, found: object) -> Self:
        """An event column with other values than 0 and 1."""
        return cls(
            f"The event column {name!r} must hold 1 where the event was seen and 0 where the row "
            f"was censored; found {found!r}.",
            f"make it so: frame.assign({name}=(frame[{name!r}] == value).astype(int)).",
        )

    @classmethod
    def negative_times(cls, name: str, count: int) -> Self:
        """Times before the start."""
        return cls(
            f"{count} rows have a negative time {name!r}.",
            "measure time from the moment of treatment; nobody can have the event before it.",
        )

    @classmethod
    def no_events(cls, treatment: str, level: object, horizon: float) -> Self:
        """An arm in which nothing happens."""
        return cls(
            f"No event is seen up to {horizon:g} among the rows with {treatment!r} = {level!r}.",
            "choose a later time, or look at the event column.",
        )

    @classmethod
    def beyond_followup(cls, treatment: str, level: object, horizon: float, last: float) -> Self:
        """A time at which nobody is watched any more."""
        return cls(
            f"At {horizon:g} nobody with {treatment!r} = {level!r} is observed any more; the last "
            f"one is until {last:g}.",
            f"choose a time up to {last:g}.",
        )

    @classmethod
    def not_fitted(cls, role: str) -> Self:
        """A proportional-hazards fit that found no maximum."""
        return cls(
            f"The proportional-hazards model of the {role} found no maximum.",
            "use fewer covariates, or hazard=KaplanMeier() where it needs none.",
        )
