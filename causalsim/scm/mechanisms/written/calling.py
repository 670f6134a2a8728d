"""How a function that a user wrote is called, and what it may return."""

from collections.abc import Callable, Mapping

import numpy as np
from torch import Tensor

from causalsim.errors.base import CausalsimError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Labels, Levels, as_numbers
from causalsim.scm.mechanism import Values
from causalsim.scm.noise import has_nan


def with_names(arguments: Values, named: Mapping[str, Levels]) -> dict[str, Tensor | Labels]:
    """What a user's function gets to see: numbers as tensors, names as names."""
    return {
        name: named[name].shown(column) if name in named else column
        for name, column in arguments.items()
    }


def evaluate(
    node: str,
    function: Callable[..., object],
    arguments: Values,
    named: Mapping[str, Levels],
) -> Tensor:
    """What a user's function returns, as a float64 tensor over units.

    Raises:
        ModelError: It raised, or returned something else than a number for each unit.
    """
    try:
        found = function(**with_names(arguments, named))
    except CausalsimError:
        raise
    except Exception as error:
        raise ModelError.failed_equation(node, error) from error
    if isinstance(found, Tensor):
        value = found.to(DTYPE)
    else:
        read = as_numbers(found)
        if read is None:
            raise ModelError.failed_equation(node, f"it returned {type(found).__name__}")
        value = read
    shape = np.broadcast_shapes(*(column.shape for column in arguments.values()))
    if value.dim() and tuple(value.shape) != shape:
        raise ModelError.failed_equation(
            node, f"it returned shape {tuple(value.shape)} for units of shape {shape}"
        )
    if has_nan(value):
        raise ModelError.failed_equation(node, "it returned NaN")
    return value
