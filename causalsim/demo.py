"""All three rungs on one real study, as ``causalsim demo`` tells them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.markup import escape

from causalsim.checks.refutation import Refutations
from causalsim.checks.refuting.attempting import refute
from causalsim.datasets.smoking import quit_smoking, quit_smoking_graph
from causalsim.estimand.mathml import to_html
from causalsim.estimand.query import Query
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimating import estimate
from causalsim.estimation.estimators.doubly_robust import AIPW
from causalsim.graph.drawing import Highlight, to_svg
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Adjustment
from causalsim.identification.strategy import identify
from causalsim.plots import Estimate, distribution, forest
from causalsim.reporting.html import Page
from causalsim.reporting.parts import Drawing, Formula, Part, Plot, Section, Table
from causalsim.scm.model import SCM

if TYPE_CHECKING:
    import pandas

TITLE = "Does giving up smoking make people gain weight?"
#: Hernán and Robins, What If (2020), chapters 12 and 13, with their 95 % intervals.
PUBLISHED = (
    Estimate("What If, IP weighting", 3.4, 2.4, 4.5, published=True),
    Estimate("What If, standardisation", 3.5, 2.6, 4.5, published=True),
)
#: The person of the data whose other life is imagined, by their number in the study.
PERSON = 428
#: How many people each simulated world holds.
CROWD = 20_000


def run(console: Console, out: Path, seed: int) -> Path:
    """Tell the study step by step on the console, and write it as one HTML page.

    Args:
        console: Where to tell it.
        out: Where the page goes.
        seed: Decides every random choice.

    Returns:
        The path of the page.

    Raises:
        OSError: the page cannot be written.
    """
    people, graph = quit_smoking(), quit_smoking_graph()
    console.print(f"[bold]{TITLE}[/bold]  NHEFS, {len(people)} people\n")
    drawn = _draw(console, graph)
    answer, question = _ask(console, graph)
    effect, number = _estimate(console, answer, people, seed)
    doubts = _doubt(console, effect, people, seed)
    imagined = _imagine(console, graph, people, effect, seed)
    page = Page(TITLE, (drawn, question, number, doubts, imagined), str(effect))
    path = page.save(out)
    console.print(f"\nThe report: [bold]{escape(str(path.resolve()))}[/bold]")
    return path


def _draw(console: Console, graph: Graph) -> Section:
    """Step 1: the assumptions."""
    confounders = [node for node in graph.nodes if node in graph.parents("quit")]
    _head(console, 1, "The graph: what may cause what")
    told = (
        f"{len(graph)} variables, {len(graph.directed)} arrows; {', '.join(confounders)} may lead "
        "both to giving up and to gaining weight."
    )
    console.print(told)
    roles = Highlight(treatment="quit", outcome="weight_gain", adjusted=confounders)
    picture = Drawing(to_svg(graph, roles), "The graph of the study; the arrows are assumptions.")
    return Section("The graph: what may cause what", (told, picture))


def _ask(console: Console, graph: Graph) -> tuple[Adjustment, Section]:
    """Step 2: the question, and whether the data can answer it."""
    query = Query("weight_gain", do="quit")
    answer = identify(graph, query)
    assert isinstance(answer, Adjustment)  # the graph of the study has an adjustment set
    _head(console, 2, "The question, and whether the data can answer it")
    console.print(f"E[weight_gain | do(quit)]: {answer}", highlight=False, markup=False)
    console.print(f"[dim]{escape(str(answer.formula))}[/dim]", highlight=False)
    console.print(answer.why)
    parts = (
        f"Asked: E[weight_gain | do(quit)], the mean of {query}. It is {answer}.",
        Formula(str(answer.formula), to_html(answer.formula)),
        answer.why,
    )
    return answer, Section("The question, and whether the data can answer it", parts)


def _estimate(
    console: Console, answer: Adjustment, people: "pandas.DataFrame", seed: int
) -> tuple[Effect, Section]:
    """Step 3: the effect, next to the published figures."""
    _head(console, 3, "The effect, with a 95 % interval")
    with console.status("cross-fitting …"):
        effect = estimate(answer, people, by=AIPW(folds=5), seed=seed)
    console.print(f"[bold]{escape(str(effect))}[/bold]", highlight=False)
    for other in PUBLISHED:
        console.print(f"{other.label}: {other.value} kg ({other.low} to {other.high})")
    shown = [Estimate.of(effect, "causalsim, AIPW"), *PUBLISHED]
    plot = Plot.of(forest(shown, unit="kg"), "The effect of giving up on weight gained, in kg.")
    parts: Sequence[Part | str] = (str(effect), effect.why, plot)
    return effect, Section("The effect, next to the published figures", parts)


def _doubt(console: Console, effect: Effect, people: "pandas.DataFrame", seed: int) -> Section:
    """Step 4: attempts to break it."""
    _head(console, 4, "Attempts to break it")
    with console.status("trying …"):
        doubts: Refutations = refute(effect, people, seed=seed)
    for doubt in doubts:
        console.print(str(doubt), highlight=False)
    rows = [
        (doubt.name, "passed" if doubt.passed else "FAILED", doubt.sentence) for doubt in doubts
    ]
    table = Table(("attempt", "verdict", "what was found"), rows)
    note = "None of them can find a confounder that nobody measured."
    return Section("Attempts to break it", (table, note))


def _imagine(
    console: Console, graph: Graph, people: "pandas.DataFrame", effect: Effect, seed: int
) -> Section:
    """Step 5: the second engine, and one person's other life."""
    _head(console, 5, "The same answer by simulation, and one person's other life")
    with console.status("fitting a structural causal model …"):
        model = SCM.fit(graph, people, seed=seed)
    worlds = [
        model.do(quit=level).sample(CROWD, seed=seed)["weight_gain"].mean() for level in (0, 1)
    ]
    simulated = float(worlds[1] - worlds[0])
    agreed = (
        f"By simulation (a Pyro program of {len(graph)} variables, {CROWD:,} people in each world) "
        f"{simulated:.2f} kg; by estimation {effect.value:.2f} kg."
    )
    console.print(agreed)
    quitters = people[people["quit"] == 1]
    other_life = model.counterfactual(quitters, do={"quit": 0}, seed=seed)
    gained = float(quitters["weight_gain"].loc[PERSON])
    imagined = float(other_life["weight_gain"].loc[PERSON])
    told = (
        f"Person {PERSON} gave up and gained {gained:.2f} kg. Had they not, they would have gained "
        f"{imagined:.2f} kg: {gained - imagined:.2f} kg of it is giving up."
    )
    console.print(f"[bold]{told}[/bold]", highlight=False)
    console.print(f"[dim]{escape(other_life.why)}[/dim]", highlight=False)
    drawn = distribution(
        np.asarray(other_life["weight_gain"], dtype=float),
        marked={f"person {PERSON}": imagined},
        label="kg gained, had they not given up",
        null=0.0,
    )
    caption = f"The {len(quitters)} people who gave up, in the world in which they did not."
    parts = (
        agreed,
        Table(("variable", "mechanism", "why"), _mechanisms(model)),
        told,
        other_life.why,
        Plot.of(drawn, caption),
    )
    return Section("The same answer by simulation, and one person's other life", parts)


def _mechanisms(model: SCM) -> list[tuple[str, str, str]]:
    """One row a mechanism."""
    table = model.table()
    return list(zip(table["variable"], table["mechanism"], table["why"], strict=True))


def _head(console: Console, number: int, title: str) -> None:
    """The heading of a step."""
    console.print(f"\n[bold cyan]{number}. {escape(title)}[/bold cyan]")
