"""Every question about a graph refuses what is no graph, and nodes that are none, with a hint."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

import causalsim.graph
from causalsim import Graph
from causalsim.errors import CausalsimError
from causalsim.graph.equivalence import CPDAG
from causalsim.graph.notation import from_arrows, from_dagitty, from_dot

GRAPH = Graph("z -> x -> m -> y; x <-> y; u -> {x y}; u [latent]")
GOOD: dict[str, object] = {
    "x": "x", "y": "y", "z": "m", "given": "z", "nodes": "m", "node": "m", "do": "x", "m": "m",
    "instrument": "z", "worlds": [["x"]], "other": GRAPH, "guess": GRAPH, "path": Path("no.dot"),
    "mediators": "m", "like": pd.DataFrame(), "questions": [("x", "y", "z")],
}  # fmt: skip
NO_GRAPHS = ["a -> b", None, CPDAG("x -- y"), 3, ["x"], object()]
NO_NODES = [None, 3, "q", ["x", "q"], [None], object(), {"q": 1}, [["x"]], b"x", ""]
#: What works on integers, for other modules.
INNER = {
    "directed_path", "witness", "judged", "refuse_adjacent", "disjoint", "rebuilt", "candidates",
    "fill_network", "roles", "refuse_hidden", "whole_costs", "causal_graph",
}  # fmt: skip


def questions() -> Iterator[Callable[..., object]]:
    """Every public function whose first argument is a causal graph."""
    for found in pkgutil.walk_packages(causalsim.graph.__path__, "causalsim.graph."):
        module = importlib.import_module(found.name)
        for name, function in sorted(vars(module).items()):
            if (
                inspect.isfunction(function)
                and function.__module__ == module.__name__
                and not name.startswith("_")
                and name not in INNER
                and next(iter(inspect.signature(function).parameters.values()), None) is not None
                and next(iter(inspect.signature(function).parameters.values())).annotation is Graph
            ):
                yield function


QUESTIONS = list(questions())


def asked(function: Callable[..., object], **changed: object) -> None:
    """Ask with plain arguments but the changed ones, and take the first of what is listed."""
    parameters = list(inspect.signature(function).parameters.values())
    plain = {each.name: GOOD[each.name] for each in parameters[1:] if each.default is each.empty}
    found = function(**{parameters[0].name: GRAPH} | plain | changed)
    if isinstance(found, Iterator):
        next(found, None)


def test_there_are_questions() -> None:
    assert len(QUESTIONS) > 50


@pytest.mark.parametrize("function", QUESTIONS, ids=lambda function: function.__name__)
def test_what_is_no_graph_is_refused(function: Callable[..., object]) -> None:
    first = next(iter(inspect.signature(function).parameters))
    for wrong in NO_GRAPHS:
        with pytest.raises(CausalsimError, match="Hint: "):
            asked(function, **{first: wrong})


@pytest.mark.parametrize("function", QUESTIONS, ids=lambda function: function.__name__)
def test_what_are_no_nodes_is_refused(function: Callable[..., object]) -> None:
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        if name in {"x", "y", "z", "given", "must", "may", "nodes", "hiding", "among"}:
            for wrong in NO_NODES:
                if wrong is parameter.default:
                    continue
                with pytest.raises(CausalsimError, match="Hint: "):
                    asked(function, **{name: wrong})


@pytest.mark.parametrize("wrong", [None, 3, b"a -> b", ["a"], object(), {}])
@pytest.mark.parametrize("read", [from_arrows, from_dagitty, from_dot, Graph.read])
def test_what_is_no_text_is_refused(read: Callable[[object], Graph], wrong: object) -> None:
    with pytest.raises(CausalsimError, match="Hint: "):
        read(wrong)
