"""A posterior in words: its headline, the numbers behind it, and why it is as it is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from causalsim.scm.fitting import Choice
from causalsim.scm.learning.learnt import Learnt
from causalsim.scm.learning.uncertain import central

_MOST_SHOWN = 60


def named(learnt: Mapping[str, Learnt]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Each parameter as ``variable.parameter``, with its draws."""
    for node, found in learnt.items():
        for name, column in zip(found.part.names, found.parameters.T.numpy(), strict=True):
            yield f"{node}.{name}", column


def headline(learnt: Mapping[str, Learnt], draws: int, doubts: Sequence[str]) -> str:
    """How many parameters, by which engines, and what speaks against them."""
    engines = Counter(found.engine.split(" (")[0].split(",")[0] for found in learnt.values())
    shown = ", ".join(f"{name}: {count}" for name, count in engines.items())
    parameters = sum(len(found.part.names) for found in learnt.values())
    text = f"Posterior of {parameters} parameters in {draws} draws ({shown})"
    return "; ".join([text, *(f"DOUBT {doubt}" for doubt in doubts)])


def why(learnt: Mapping[str, Learnt], choices: Sequence[Choice], doubts: Sequence[str]) -> str:
    """For each variable its family, its prior and the engine; then doubts."""
    families = {choice.node: str(choice.recipe) for choice in choices}
    lines = [
        f"{node}: {families.get(node, 'by hand')}; {found.engine}. Prior: {found.part.beliefs}."
        for node, found in learnt.items()
    ]
    return "\n".join([*lines, *(f"Doubt: {doubt}." for doubt in doubts)])


def numbers(learnt: Mapping[str, Learnt]) -> dict[str, object]:
    """Means and intervals of the parameters, engines and priors of the variables."""
    return {
        "parameters": {
            name: {"mean": float(column.mean()), "interval": list(central(column, 0.95))}
            for name, column in named(learnt)
        },
        "engines": {node: found.engine for node, found in learnt.items()},
        "priors": {node: found.part.beliefs for node, found in learnt.items()},
    }


def html(title: str, learnt: Mapping[str, Learnt]) -> str:
    """A row a parameter, under a line of text."""
    rows = []
    for name, column in list(named(learnt))[:_MOST_SHOWN]:
        low, high = central(column, 0.95)
        rows.append(
            f"<tr><td>{escape(name)}</td><td>{column.mean():.4g}</td>"
            f"<td>{low:.4g} to {high:.4g}</td></tr>"
        )
    head = "<tr><th>parameter</th><th>mean</th><th>95 %</th></tr>"
    return f"<p>{escape(title)}</p><table>{head}{''.join(rows)}</table>"
