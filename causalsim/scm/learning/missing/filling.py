"""What was done about missing cells when a mechanism was fitted, and how far it came to rest."""

from dataclasses import dataclass

#: A chain whose halves differ by more standard errors than this has not come to rest.
MOST_DRIFT = 2.0
#: A chain that changes a smaller share of the missing numbers in a round hardly moves.
LEAST_RENEWED = 0.1


@dataclass(frozen=True, slots=True)
class Filling:
    """How the rows that lack cells entered the fit of one mechanism.

    Args:
        missing: The variables among it and its causes that lack cells in rows that count.
        rows: How many rows the frame has.
        used: How many of them say anything about the mechanism: those where the variable, or
            something that follows from it, was observed.
        incomplete: How many of the used ones lack a cell of ``missing``.
        engine: What was done.
        steps: How many steps it took.
        left: How far it still moved at the end; see ``engine``.
        rested: Whether that is near enough to nothing.
    """

    missing: tuple[str, ...]
    rows: int
    used: int
    incomplete: int
    engine: str
    steps: int = 0
    left: float = 0.0
    rested: bool = True

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against the fit, one sentence each."""
        if self.rested:
            return ()
        return (
            f"missing cells of {', '.join(self.missing)} did not come to rest ({self.engine}); "
            f"type by=MaximumLikelihood(rounds={max(4 * self.steps, 400)}), or "
            "engine=Particles(2_000)",
        )

    def __str__(self) -> str:
        """In a few words."""
        if not self.incomplete:
            return f"fitted to the {self.used} of {self.rows} rows that say anything about it"
        cells = f"missing cells of {', '.join(self.missing)} in {self.incomplete} rows"
        return f"{cells} are latent, by {self.engine}"
