"""From frozen objects to JSON and tensors.

Sequences become lists, mappings lists of pairs, everything else with structure an object whose
``$`` says what it is. Tensors stand beside the JSON, named by the order in which they are met.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.distributions import Distribution

from causalsim.errors.storage import StorageError
from causalsim.scm.mechanisms.parts.learners import Learnt
from causalsim.scm.mechanisms.sites.running import Site
from causalsim.scm.recipe import Recipe
from causalsim.scm.storing.remembered import Remembered
from causalsim.scm.storing.vocabulary import (
    CLASSES,
    DISTRIBUTIONS,
    ENUMS,
    LAYERS,
    dataclasses_by_name,
    distribution_class,
    layer_class,
)


@dataclass(slots=True)
class Encoder:
    """What has been met so far.

    Args:
        tensors: By their name in the file.
        where: What is being encoded, for messages.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    where: str = "The model"

    def encoded(self, found: Any) -> Any:  # noqa: ANN401
        """Anything that a file can hold, as JSON.

        Raises:
            StorageError: Something that it cannot.
        """
        if isinstance(found, np.generic):
            found = found.item()
        if found is None or isinstance(found, bool | int | str):
            return found
        if isinstance(found, float):
            return found if isfinite(found) else {"$": "float", "is": repr(found)}
        if isinstance(found, Tensor):
            return self.tensor(found)
        if isinstance(found, Enum):
            if ENUMS.get(type(found).__name__) is not type(found):
                raise StorageError.unknown_part(self.where, found)
            return {"$": type(found).__name__, "is": found.name}
        if isinstance(found, Distribution):
            return self.distribution(found)
        if isinstance(found, nn.Module):
            return self.module(found)
        if isinstance(found, type):
            if CLASSES.get(found.__name__) is not found:
                raise StorageError.unknown_part(self.where, found)
            return {"$": "class", "is": found.__name__}
        return self.structure(found)

    def structure(self, found: Any) -> Any:  # noqa: ANN401
        """Dataclasses, mappings, sequences and functions."""
        if isinstance(found, Learnt):
            raise StorageError.unsafe_learner(self.where, found.regressor)
        if isinstance(getattr(found, "site", found), Site):
            raise StorageError.whole_program(self.where)
        if is_dataclass(found):
            name = type(found).__name__
            if dataclasses_by_name().get(name) is type(found):
                parts = {one.name: self.encoded(getattr(found, one.name)) for one in fields(found)}
                return {"$": name, **parts}
        if isinstance(found, Recipe):
            return self.encoded(Remembered(str(found)))
        if isinstance(found, Mapping):
            pairs = [[self.encoded(key), self.encoded(part)] for key, part in found.items()]
            return {"$": "map", "items": pairs}
        if isinstance(found, Sequence):
            return [self.encoded(part) for part in found]
        if callable(found):
            return {"$": "function", "is": importable_name(self.where, found)}
        raise StorageError.unknown_part(self.where, found)

    def tensor(self, found: Tensor) -> dict[str, str]:
        """A tensor's place beside the JSON."""
        name = f"t{len(self.tensors)}"
        self.tensors[name] = found.detach().clone().contiguous()
        return {"$": "tensor", "is": name}

    def distribution(self, found: Distribution) -> dict[str, Any]:
        """A distribution by its family and parameters."""
        name = type(found).__name__
        if name not in DISTRIBUTIONS or type(found) is not distribution_class(name):
            raise StorageError.unknown_part(self.where, found)
        parameters: dict[str, Any] = {}
        for asked in DISTRIBUTIONS[name]:
            given = asked.split("|")[0]
            if "|" in asked and vars(found).get(given) is not found._param:  # type: ignore[attr-defined]
                given = asked.split("|")[1]
            parameters[given] = self.encoded(getattr(found, given))
        return {"$": "distribution", "family": name, "parameters": parameters}

    def module(self, found: nn.Module) -> dict[str, Any]:
        """A module by its layers, or by the name of what builds it, and its numbers."""
        name = type(found).__name__
        if type(found) is nn.Sequential:
            return {"$": "layers", "layers": [self.module(layer) for layer in found]}
        state = {key: self.tensor(part) for key, part in found.state_dict().items()}
        if name in LAYERS and type(found) is layer_class(name):
            settings = {key: self.encoded(getattr(found, key)) for key in LAYERS[name]}
            return {"$": "layer", "is": name, "settings": settings, "state": state}
        built = importable_name(self.where, type(found))
        return {"$": "module", "is": built, "state": state}


def importable_name(where: str, found: Callable[..., Any]) -> str:
    """``module:name``, if that leads back to this very function.

    >>> importable_name("here", importable_name)
    'causalsim.scm.storing.encoding:importable_name'

    Raises:
        StorageError: It does not: a lambda, or a function inside another.
    """
    module, name = getattr(found, "__module__", None), getattr(found, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        raise StorageError.nameless_function(where, found)
    reached: Any = sys.modules.get(module)
    for part in name.split("."):
        reached = getattr(reached, part, None)
    if reached is not found:
        raise StorageError.nameless_function(where, found)
    return f"{module}:{name}"
