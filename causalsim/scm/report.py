"""A model in words: its headline, the table of its mechanisms, and why each was chosen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from causalsim.graph.graph import Graph
from causalsim.scm.fitting import Choice
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.imposed import Imposed


def headline(graph: Graph, mechanisms: Mapping[str, Mechanism], choices: Sequence[Choice]) -> str:
    """The model in one line."""
    arrows = len(graph.directed)
    text = f"SCM of {len(graph)} variables and {arrows} arrow{'' if arrows == 1 else 's'}"
    if choices:
        counts = Counter(str(choice.recipe) for choice in choices)
        text += f" ({', '.join(f'{name}: {count}' for name, count in counts.items())})"
    acted = [node for node, found in mechanisms.items() if isinstance(found, Imposed)]
    if acted:
        text += f" under {'; '.join(mechanisms[node].describe(node) for node in acted)}"
    fillings = [choice.filling for choice in choices if choice.filling]
    doubts = dict.fromkeys(doubt for filling in fillings for doubt in filling.doubts)
    return "; ".join([text, *(f"DOUBT {doubt}" for doubt in doubts)])


def columns(mechanisms: Mapping[str, Mechanism], choices: Sequence[Choice]) -> dict[str, list[str]]:
    """One entry a variable, in causal order: what it is, what it reads, its family and why."""
    chosen = {choice.node: choice for choice in choices}
    table: dict[str, list[str]] = {
        name: [] for name in ("variable", "values", "parents", "mechanism", "why")
    }
    for node, mechanism in mechanisms.items():
        family, reason = _family(mechanism, chosen.get(node))
        table["variable"].append(node)
        table["values"].append(str(mechanism.domain))
        table["parents"].append(", ".join(mechanism.parents))
        table["mechanism"].append(family)
        table["why"].append(reason)
    return table


def why(mechanisms: Mapping[str, Mechanism], choices: Sequence[Choice]) -> str:
    """A line a variable: its family and the reason."""
    table = columns(mechanisms, choices)
    rows = zip(table["variable"], table["mechanism"], table["why"], strict=True)
    return "\n".join(f"{node}: {family}, because {reason}." for node, family, reason in rows)


def html(title: str, table: Mapping[str, Sequence[str]]) -> str:
    """A small table under a line of text."""
    head = "".join(f"<th>{escape(name)}</th>" for name in table)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in zip(*table.values(), strict=True)
    )
    return f"<p>{escape(title)}</p><table><tr>{head}</tr>{rows}</table>"


def _family(mechanism: Mechanism, choice: Choice | None) -> tuple[str, str]:
    """A mechanism's family, and why it stands there."""
    if isinstance(mechanism, Imposed):
        return "intervention", "it was acted upon"
    if choice is None:
        return type(mechanism).__name__.lower(), "it was written by hand"
    return str(choice.recipe), choice.why
