"""Whether a function only adds its noise: proven by following the noise through one call."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from causalsim.scm.domain import Levels
from causalsim.scm.mechanism import Values
from causalsim.scm.mechanisms.written.calling import with_names

#: What may be done to the noise: something is added to it, or subtracted from it.
_ADDED = frozenset({torch.add, Tensor.add, Tensor.__add__, Tensor.__radd__})
_SUBTRACTED = frozenset({torch.sub, Tensor.sub, Tensor.__sub__})


class _EntangledError(Exception):
    """The noise went into something else than a sum."""


class _Noise(Tensor):
    """A noise, or a sum that it is in once, with the sign plus."""

    @classmethod
    def __torch_function__(
        cls,
        func: Any,  # noqa: ANN401
        types: Any,  # noqa: ANN401
        args: Any = (),  # noqa: ANN401
        kwargs: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Sums with the noise are followed; anything else ends the proof."""
        watched = [isinstance(one, cls) for one in args]
        alone = not kwargs and len(args) == 2
        if alone and func in _ADDED and sum(watched) == 1:
            return _followed(torch.add, args)
        if alone and func in _SUBTRACTED and watched == [True, False]:
            return _followed(torch.sub, args)
        raise _EntangledError


def adds_noise(
    function: Callable[..., object], arguments: Values, noise: str, named: Mapping[str, Levels]
) -> bool:
    """Whether ``f(parents, u) = g(parents) + u``, whatever the values.

    Args:
        function: Called by name, once.
        arguments: All of one shape.
        noise: The argument that takes the noise.
        named: The levels of the parents that have names.

    >>> two = torch.zeros(2), torch.ones(2)
    >>> adds_noise(lambda x, u: 2 * x.tanh() + u, dict(zip("xu", two)), "u", {})
    True
    >>> adds_noise(lambda x, u: x + u + 0 * u.abs(), dict(zip("xu", two)), "u", {})
    False
    """
    shown: dict[str, Any] = dict(with_names(arguments, named))
    shown[noise] = arguments[noise].as_subclass(_Noise)
    try:
        found = function(**shown)
    except Exception:  # what stops the proof is no proof, and no error
        return False
    return isinstance(found, _Noise)


def _followed(operation: Callable[..., Tensor], args: Any) -> Tensor:  # noqa: ANN401
    """The sum, still watched."""
    with torch._C.DisableTorchFunctionSubclass():
        return operation(*args).as_subclass(_Noise)
