"""A model to a file and back."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from causalsim import frames
from causalsim.errors.base import CausalsimError
from causalsim.errors.storage import StorageError
from causalsim.graph.graph import Graph
from causalsim.scm.fitting import Choice
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.noise import is_noiseless
from causalsim.scm.storing.files import Stored, read_model, write_model
from causalsim.scm.worlds import draw_noises, run
from causalsim.seeds import Seed

if TYPE_CHECKING:
    from causalsim.scm.model import SCM


def save_model(model: "SCM", path: str | os.PathLike[str]) -> None:
    """Write a model to one file, of numbers and names only; `SCM.load` reads it.

    The round trip is exact: the same seed gives the same samples, bit by bit. The file is
    safetensors with the structure as JSON beside the tensors; it holds no code. A function of an
    equation is saved as ``module:name`` and must lie at the top level of a module.

    Args:
        model: The model.
        path: Where to; a file that is there is replaced, whole or not at all.

    Raises:
        StorageError: A lambda, a fitted scikit-learn regressor, a Pyro program, or a path that
            cannot be written.

    Examples:
        >>> import tempfile
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.scm import SCM, linear
        >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 2.0})})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/model.safetensors")
        ...     again = SCM.load(f"{folder}/model.safetensors")
        >>> again.sample(5, seed=1).equals(model.sample(5, seed=1))
        True
    """
    kind = "" if model.like is None else type(model.like).__module__.partition(".")[0]
    write_model(
        Stored(
            model.graph,
            model.mechanisms,
            model.choices,
            kind if kind in ("pandas", "polars") else "",
        ),
        path,
    )


def load_parts(
    path: str | os.PathLike[str],
    functions: Mapping[str, Callable[..., Any]],
    trust: Sequence[str],
) -> tuple[Graph, Mapping[str, Mechanism], tuple[Choice, ...], Any]:
    """The parts of a saved model: graph, mechanisms, choices, and a frame like its samples."""
    stored = read_model(path, functions, trust)
    return stored.graph, stored.mechanisms, stored.choices, _empty(stored.frame)


def require_running(mechanisms: Mapping[str, Mechanism]) -> None:
    """Refuse mechanisms whose numbers do not belong together, as in a file that was tampered with.

    Raises:
        StorageError: One that cannot produce values.
    """
    try:
        noises = draw_noises(mechanisms, (2,), Seed(0).child("loaded"))
        run(mechanisms, noises, {}, mechanisms)
        for mechanism in mechanisms.values():
            is_noiseless(mechanism.noise)
            mechanism.describe("x")
    except CausalsimError:
        pass  # such as one value a unit, for another number of units
    except Exception as error:
        raise StorageError.corrupt("a mechanism", f"does not run: {error}") from error


def _empty(kind: str) -> Any:  # noqa: ANN401
    """An empty frame of a kind."""
    if kind == "polars":
        from polars import DataFrame as Polars

        return Polars()
    if kind == "pandas":
        from pandas import DataFrame

        return frames.build(DataFrame(), {})
    return None
