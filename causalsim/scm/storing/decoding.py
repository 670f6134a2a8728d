"""From JSON and tensors to frozen objects, of the known classes only, each field of its type."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import torch
from torch import Tensor, nn

from causalsim.errors.base import CausalsimError
from causalsim.errors.storage import StorageError
from causalsim.scm.storing.vocabulary import (
    CLASSES,
    DISTRIBUTIONS,
    ENUMS,
    LAYERS,
    ROLES,
    dataclasses_by_name,
    distribution_class,
    layer_class,
)

_FLOATS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


@dataclass(frozen=True, slots=True)
class Decoder:
    """What a file may refer to.

    Args:
        tensors: By their name in the file.
        functions: By ``module:name``, as far as the user gave them.
    """

    tensors: Mapping[str, Tensor]
    functions: Mapping[str, Callable[..., Any]]

    def decoded(self, found: Any) -> Any:  # noqa: ANN401
        """The object that JSON stands for.

        Raises:
            StorageError: JSON that stands for nothing.
        """
        if found is None or isinstance(found, bool | int | float | str):
            return found
        if isinstance(found, list):
            return tuple(self.decoded(part) for part in found)
        kind = found.get("$")
        makers: dict[Any, Callable[[Any], Any]] = {
            "float": lambda one: _FLOATS[one["is"]],
            "tensor": lambda one: self.tensors[one["is"]],
            "class": lambda one: CLASSES[one["is"]],
            "function": lambda one: self.functions[one["is"]],
            "map": self._mapping,
            "distribution": self._distribution,
            "layers": lambda one: nn.Sequential(*(self._layer(part) for part in one["layers"])),
            "layer": self._layer,
            "module": self._module,
        }
        try:
            if kind in makers:
                return makers[kind](found)
            if kind in ENUMS:
                return ENUMS[kind][found["is"]]
            if kind in dataclasses_by_name():
                return self._dataclass(dataclasses_by_name()[kind], found)
        except CausalsimError:
            raise
        except Exception as error:
            raise StorageError.corrupt(
                f"the part {str(kind)[:40]!r}", f"failed: {error}"
            ) from error
        raise StorageError.corrupt(f"a part of kind {str(kind)[:40]!r}", "is not known")

    def _mapping(self, found: Any) -> dict[Any, Any]:  # noqa: ANN401
        """Pairs as a mapping."""
        return {self.decoded(key): self.decoded(part) for key, part in found["items"]}

    def _dataclass(self, kind: type, found: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """A dataclass with all its fields, each of the type that it declares."""
        declared = {one.name: one for one in fields(kind)}
        given = {name: part for name, part in found.items() if name != "$"}
        strange = [name for name in given if name not in declared]
        lacking = [
            name
            for name, one in declared.items()
            if name not in given and one.default is MISSING and one.default_factory is MISSING
        ]
        if strange or lacking:
            raise StorageError.corrupt(
                f"the part {kind.__name__!r}", f"has the wrong fields {sorted(strange or lacking)}"
            )
        values = {name: self.decoded(part) for name, part in given.items()}
        hints = get_type_hints(kind)
        for name, value in values.items():
            if not fits(value, hints[name]):
                raise StorageError.corrupt(
                    f"the field {name!r} of {kind.__name__!r}", f"is a {type(value).__name__}"
                )
        return kind(**values)

    def _distribution(self, found: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """A distribution of a known family with exactly its parameters."""
        family = found["family"]
        asked = [set(one.split("|")) for one in DISTRIBUTIONS[family]]
        given = found["parameters"]
        if len(asked) != len(given) or not all(one & given.keys() for one in asked):
            raise StorageError.corrupt(f"the noise {family!r}", f"has parameters {sorted(given)}")
        values = {name: self.decoded(part) for name, part in given.items()}
        if not all(isinstance(value, Tensor | float | int) for value in values.values()):
            raise StorageError.corrupt(
                f"the noise {family!r}", "has parameters that are no numbers"
            )
        return distribution_class(family)(**values, validate_args=True)

    def _layer(self, found: Mapping[str, Any]) -> nn.Module:
        """A layer rebuilt from its settings and its numbers."""
        if found.get("$") != "layer":
            made = self.decoded(found)
            if not isinstance(made, nn.Module):
                raise StorageError.corrupt("a layer", f"is a {type(made).__name__}")
            return made
        name = found["is"]
        settings = {key: self.decoded(part) for key, part in found["settings"].items()}
        if name not in LAYERS or settings.keys() != set(LAYERS[name]):
            raise StorageError.corrupt(f"the layer {name!r}", "is not known")
        if name == "Linear":
            settings["bias"] = "bias" in found["state"]
            shape = (settings["out_features"], settings["in_features"])
            if tuple(self._state(found)["weight"].shape) != shape:
                raise StorageError.corrupt("a layer 'Linear'", "has numbers of another shape")
        made = layer_class(name)(**settings)
        return _filled(made, self._state(found))

    def _module(self, found: Mapping[str, Any]) -> nn.Module:
        """A module built by the user's function, with the numbers of the file."""
        name = found["is"]
        try:
            made = self.functions[name]()
        except Exception as error:
            raise StorageError.wrong_function(name, error) from error
        if not isinstance(made, nn.Module):
            raise StorageError.wrong_function(name, f"it gave a {type(made).__name__}")
        try:
            return _filled(made, self._state(found))
        except RuntimeError as error:
            raise StorageError.wrong_function(name, error) from error

    def _state(self, found: Mapping[str, Any]) -> dict[str, Tensor]:
        """The numbers of a module."""
        return {key: self.decoded(part) for key, part in found["state"].items()}


def _filled(made: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
    """A module with these numbers, of their type, that learns no more."""
    for part in state.values():
        if part.dtype.is_floating_point:
            made = made.to(part.dtype)
            break
    made.load_state_dict(dict(state), strict=True)
    return made.eval().requires_grad_(False)


def named_functions(found: Any) -> list[str]:  # noqa: ANN401
    """The functions that JSON names, each once, in order."""
    names: dict[str, None] = {}
    waiting = [found]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if part.get("$") in ("function", "module") and isinstance(part.get("is"), str):
                names[part["is"]] = None
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return sorted(names)


def trusted_functions(
    names: Sequence[str], given: Mapping[str, Callable[..., Any]], trust: Sequence[str]
) -> dict[str, Callable[..., Any]]:
    """The functions of these names: those given, and those in modules that the user trusts.

    Raises:
        StorageError: A function that is neither, or that is not there.
    """
    lacking = [n for n in names if n not in given and n.partition(":")[0] not in trust]
    if lacking:
        raise StorageError.untrusted(lacking)
    found: dict[str, Callable[..., Any]] = {}
    for name in names:
        if name in given:
            reached: Any = given[name]
        else:
            module, _, path = name.partition(":")
            try:
                reached = importlib.import_module(module)
                for part in path.split("."):
                    reached = getattr(reached, part)
            except (ImportError, AttributeError) as error:
                raise StorageError.wrong_function(name, error) from error
        if not callable(reached):
            raise StorageError.wrong_function(name, f"it is a {type(reached).__name__}")
        found[name] = reached
    return found


def fits(value: Any, hint: Any) -> bool:  # noqa: ANN401
    """Whether a value is of a declared type.

    >>> fits((1, 2.0), tuple[float, ...]), fits("a", float), fits(True, int)
    (True, False, False)
    """
    if hint is Any:
        return True
    if hint in ROLES:
        return isinstance(value, ROLES[hint])
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(parts) == 2 and parts[1] is Ellipsis:
            return all(fits(one, parts[0]) for one in value)
        return len(parts) == len(value) and all(map(fits, value, parts))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            fits(key, parts[0]) and fits(one, parts[1]) for key, one in value.items()
        )
    if origin is type:
        return value in parts
    if origin is not None:  # a function's type
        return callable(value) and not isinstance(value, type | Tensor)
    if hint in (float, int):
        kinds = (int, float) if hint is float else (int,)
        return isinstance(value, kinds) and not isinstance(value, bool)
    if hint is None or hint is NoneType:
        return value is None
    return isinstance(value, hint)


def same_bits(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are the same, bit by bit."""
    return one.dtype == other.dtype and one.shape == other.shape and torch.equal(one, other)
