"""A model as one safetensors file: its tensors, and beside them its structure as JSON.

A file holds numbers and names, no code. What it names is looked up among the classes of this
package; functions are those that the user gives when loading. A checksum tells accidents, not
attacks: whoever changes a file on purpose can change that too, and still makes nothing run.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from causalsim.errors.base import CausalsimError
from causalsim.errors.storage import StorageError
from causalsim.graph.graph import Graph
from causalsim.scm.fitting import Choice
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.storing.decoding import Decoder, fits, named_functions, trusted_functions
from causalsim.scm.storing.encoding import Encoder

FORMAT = 1
_PARTS = ("nodes", "directed", "bidirected", "latent", "exposures", "outcomes", "adjusted")


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What a file holds of a model.

    Args:
        graph: The graph.
        mechanisms: One a node, and shared noises.
        choices: Which families were chosen, and why.
        frame: ``pandas`` or ``polars``: the kind of frame that samples take; empty if any.
    """

    graph: Graph
    mechanisms: Mapping[str, Mechanism]
    choices: tuple[Choice, ...]
    frame: str


def write_model(stored: Stored, path: str | os.PathLike[str]) -> None:
    """Write a model to a file, whole or not at all.

    Raises:
        StorageError: A part that cannot be saved safely, or a path that cannot be written.
    """
    encoder = Encoder()
    mechanisms = []
    for node, mechanism in stored.mechanisms.items():
        encoder.where = f"The mechanism of {node!r}"
        mechanisms.append([node, encoder.encoded(mechanism)])
    encoder.where = "The choice of families"
    graph = {part: encoder.encoded(tuple(getattr(stored.graph, part))) for part in _PARTS}
    positions = [[node, list(place)] for node, place in stored.graph.positions]
    model = {
        "graph": {**graph, "positions": positions},
        "mechanisms": mechanisms,
        "choices": encoder.encoded(stored.choices),
        "frame": stored.frame,
    }
    whole = {"format": FORMAT, "digest": digest_of(model, encoder.tensors), "model": model}
    # One mark only: safetensors writes several in any order.
    marks = {"causalsim": json.dumps(whole, allow_nan=False, ensure_ascii=False)}
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    try:
        partial.write_bytes(safetensors_bytes(encoder.tensors, marks))
        partial.replace(target)
    except OSError as error:
        raise StorageError.missing_file(path, error.strerror or error) from error


def read_model(
    path: str | os.PathLike[str],
    functions: Mapping[str, Callable[..., Any]],
    trust: Sequence[str],
) -> Stored:
    """Read a model from a file.

    Args:
        path: A file that `write_model` wrote.
        functions: For each ``module:name`` in the file the function that it stands for.
        trust: Modules from which functions may be imported.

    Raises:
        StorageError: A file that is missing, foreign, newer, changed or damaged; a function that
            was neither given nor lies in a trusted module.
    """
    marks, tensors = _opened(path)
    if "causalsim" not in marks:
        raise StorageError.foreign(path, "it has tensors, but no model")
    try:
        whole = json.loads(marks["causalsim"], parse_constant=_no_constant)
        if whole["format"] != FORMAT:
            raise StorageError.newer(path, str(whole["format"])[:20], FORMAT)
        if whole["digest"] != digest_of(whole["model"], tensors):
            raise StorageError.altered(path)
        known = trusted_functions(named_functions(whole["model"]), functions, trust)
        return _assembled(whole["model"], Decoder(tensors, known))
    except CausalsimError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise StorageError.corrupt("its structure", f"failed: {error}") from error


def _opened(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The marks and tensors of a safetensors file."""
    if not Path(path).is_file():
        raise StorageError.missing_file(path, "there is no such file")
    try:
        with safe_open(str(path), framework="pt") as file:
            marks = dict(file.metadata() or {})
            # Copies, as sums depend in the last bit on how memory is aligned.
            names = list(file.keys())
            return marks, {name: file.get_tensor(name).clone() for name in names}
    except (
        SafetensorError,
        ValueError,
        KeyError,
        RuntimeError,
        TypeError,
        AttributeError,
    ) as error:
        raise StorageError.foreign(path, error) from error
    except OSError as error:
        raise StorageError.missing_file(path, error.strerror or error) from error


def _assembled(found: Any, decoder: Decoder) -> Stored:  # noqa: ANN401
    """The model's parts, checked."""
    drawn = found["graph"]
    parts = {part: decoder.decoded(drawn[part]) for part in _PARTS}
    places = [(node, (float(x), float(y))) for node, (x, y) in drawn["positions"]]
    graph = Graph(
        parts["directed"],
        nodes=parts["nodes"],
        bidirected=parts["bidirected"],
        latent=parts["latent"],
        exposures=parts["exposures"],
        outcomes=parts["outcomes"],
        adjusted=parts["adjusted"],
        positions=places,
    )
    mechanisms = {node: decoder.decoded(part) for node, part in found["mechanisms"]}
    choices = decoder.decoded(found["choices"])
    if not fits(mechanisms, Mapping[str, Mechanism]) or not fits(choices, tuple[Choice, ...]):
        raise StorageError.corrupt("the list of mechanisms", "has parts that are none")
    frame = found["frame"]
    if frame not in ("", "pandas", "polars"):
        raise StorageError.corrupt("the kind of frame", f"is {str(frame)[:20]!r}")
    return Stored(graph, mechanisms, choices, frame)


def _no_constant(found: str) -> float:
    """Refuse NaN and infinities, which JSON does not have."""
    raise ValueError(f"{found} is no number of JSON")


def digest_of(model: Any, tensors: Mapping[str, Tensor]) -> str:  # noqa: ANN401
    """A checksum of everything that a file says.

    >>> digest_of({}, {}) == digest_of({"graph": 1}, {})
    False
    """
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":"))
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16)
    for name in sorted(tensors):
        found = tensors[name].contiguous()
        digest.update(f"{name}{found.dtype}{tuple(found.shape)}".encode())
        digest.update(found.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
