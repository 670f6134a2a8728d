"""What can be wrong with one mechanism: a module, a noise or limits that it cannot work with."""

from typing import Self

from causalsim.errors.model import ModelError


class MechanismError(ModelError):
    """A mechanism that cannot be made, or a value that it cannot produce."""

    @classmethod
    def bad_module(cls, module: object, width: int, reason: str) -> Self:
        """A torch module that does not map columns to one number a row."""
        return cls(
            f"The module {type(module).__name__} does not turn rows of {width} columns into one "
            f"number a row: {reason}.",
            f"start it with a layer of {width} inputs and end it with one output, such as "
            f"nn.Sequential(nn.Linear({width}, 16), nn.Tanh(), nn.Linear(16, 1)).",
        )

    @classmethod
    def bad_limits(cls, low: float, high: float) -> Self:
        """Limits that leave no values between them, or limit nothing."""
        return cls(
            f"The limits {low} and {high} leave nothing to censor, or nothing between them.",
            "give a low limit, a high limit, or both with low < high, such as Tobit(low=0.0).",
        )

    @classmethod
    def draws_itself(cls, node: str) -> Self:
        """A function that gives another value each time it is asked."""
        return cls(
            f"The equation of {node!r} gives different values for the same arguments: it draws "
            "random numbers itself.",
            "name the noise as an argument, such as lambda X, u=Normal(0.0, 1.0): X + u, so that "
            "it can be kept from one world to the next.",
        )

    @classmethod
    def mixes_units(cls, node: str) -> Self:
        """A function whose value for a unit depends on which other units there are."""
        return cls(
            f"The equation of {node!r} mixes units: its value for one unit changes when other "
            "units are left out.",
            "an equation works on each unit by itself; write numbers that describe the population "
            "as constants, not as X.mean() or X.max().",
        )
