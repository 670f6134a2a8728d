"""The verb: an effect, and what came of the attempts to break it, become a page."""

from collections.abc import Sequence
from typing import Any

from causalsim.checks.refutation import Refutations
from causalsim.checks.refuting.case import task_behind
from causalsim.estimand.expression import Expression
from causalsim.estimand.mathml import to_html
from causalsim.estimation.crossfitting.nuisances import Nuisances
from causalsim.estimation.effect import Effect
from causalsim.graph.drawing.highlight import Highlight
from causalsim.graph.drawing.svg import to_svg
from causalsim.graph.graph import Graph
from causalsim.plots import Estimate, forest, overlap
from causalsim.reporting.html import Page
from causalsim.reporting.parts import Drawing, Formula, Part, Plot, Section, Table, expect

_LONGEST_FORMULA = 90


def report(
    effect: Effect,
    refutations: Refutations | None = None,
    *,
    frame: Any = None,  # noqa: ANN401
    beside: Sequence[Estimate] = (),
    title: str = "",
) -> Page:
    """Tell an effect on one page: the question, why it can be answered, the number, the doubts.

    Args:
        effect: What ``estimate`` gave.
        refutations: What ``refute`` gave; left out, the page says that no attempt was made.
        frame: The frame that the effect was estimated from; with it, the page shows whether
            treated and untreated people are alike enough to be compared.
        beside: Other estimates of the same effect, such as published ones.
        title: The title of the page; by default the question.

    Returns:
        A page; ``.save("file.html")`` writes it.

    Raises:
        ReportError: something else stands where an effect or refutations are expected.
        EstimationError: another frame than the effect's.

    References:
        Hernán and Robins, "Causal Inference: What If" (2020), section 3.3, on positivity.
    """
    expect("An effect", effect, Effect, "type effect = estimate(answer, frame) and pass that.")
    hint = "type doubts = refute(effect, frame) and pass that."
    expect("What refute gave", refutations, Refutations | None, hint)
    recipe = effect.recipe
    sections = [_question(effect), _number(effect, beside)]
    if frame is not None and effect.nuisances is not None:
        sections.append(_overlap(effect, effect.nuisances, frame))
    sections.append(_doubts(refutations))
    one_world = f"The effect of {recipe.treatment} on {recipe.outcome}"
    asked = one_world if recipe.treatment else str(recipe.query)
    return Page(title or asked, sections, str(effect))


def _question(effect: Effect) -> Section:
    """What was asked, of which graph, and why the data can tell."""
    recipe, answer = effect.recipe, effect.recipe.answer
    parts: list[Part | str] = [f"Asked: {recipe.query}, comparing {recipe.contrast}."]
    if recipe.high is None:
        parts = [f"Asked: {recipe.query}."]
    if isinstance(graph := getattr(answer, "graph", None), Graph):
        parts.append(_drawn(graph, effect))
    if answer is None:
        adjusted = ", ".join(recipe.covariates) or "nothing"
        parts.append(f"No graph was given; the estimate adjusts for {adjusted}.")
        return Section("The question", parts)
    parts.append(_sentence(str(answer)))
    if (formula := getattr(answer, "formula", None)) is not None:
        text = str(formula)
        # Browsers do not break formulae into lines; a long one is told as text.
        short = isinstance(formula, Expression) and len(text) <= _LONGEST_FORMULA
        parts.append(Formula(text, to_html(formula) if short else ""))
    parts.append(str(answer.why))
    return Section("The question, and why the data can answer it", parts)


def _drawn(graph: Graph, effect: Effect) -> Drawing:
    """The graph with its roles."""
    recipe = effect.recipe
    adjusted = [name for name in recipe.covariates if name in graph]
    roles = None
    if recipe.treatment:
        roles = Highlight.asked(graph, recipe.treatment, recipe.outcome, adjusted)
    return Drawing(to_svg(graph, roles), "What is assumed to cause what.")


def _number(effect: Effect, beside: Sequence[Estimate]) -> Section:
    """The estimate in words, in a table and in a plot."""
    unit = "" if effect.multiplicative else effect.recipe.units
    own = Estimate.of(effect)
    axes = forest([own, *beside], null=effect.null, unit=unit)
    inside = effect.interval()
    table = Table(
        ("", "value"),
        [
            ("estimate", f"{effect.value:.4g}"),
            (f"{100 * inside.level:g} % interval", f"{inside.low:.4g} to {inside.high:.4g}"),
            ("standard error", f"{effect.standard_error:.3g}"),
            ("p-value", f"{effect.p_value:.2g}"),
            ("rows", str(effect.n)),
        ],
        caption=f"{effect.estimand}{f', in {unit}' if unit else ''}",
    )
    caption = "The estimate with its interval; hollow marks are published elsewhere."
    plot = Plot.of(axes, caption if beside else "The estimate with its interval.")
    # Why the effect is identified has been told already.
    told = str(getattr(effect.recipe.answer, "why", "")).strip()
    why = " ".join(effect.why.replace(told, "").split())
    return Section("The estimate", [why, plot, table])


def _overlap(effect: Effect, nuisances: Nuisances, frame: Any) -> Section:  # noqa: ANN401
    """Whether treated and untreated people are alike enough to be compared."""
    task, recipe = task_behind(effect, frame), effect.recipe
    high = task.levels.index(task.high)
    chances = nuisances.propensity[:, high]
    treated = task.arm == high
    other = " or ".join(str(level) for level in task.levels if level != task.high)
    names = (f"{recipe.treatment} = {recipe.high}", f"{recipe.treatment} = {other}")
    plot = Plot.of(
        overlap(chances, treated, names=names),
        f"Each person's probability of {names[0]} given the adjusted variables, by arm.",
    )
    text = (
        f"The probabilities run from {chances.min():.2g} to {chances.max():.2g}. Where only one "
        "of the arms has people, the estimate rests on the model alone."
    )
    return Section("Are like compared with like?", [text, plot])


def _doubts(refutations: Refutations | None) -> Section:
    """The attempts to break the estimate, each with its verdict."""
    title = "Attempts to break it"
    if refutations is None or not len(refutations):
        return Section(title, ["No attempt was made to break this estimate."])
    rows = [
        (one.name, "passed" if one.passed else "FAILED", one.estimate, one.expected, one.p_value)
        for one in refutations
    ]
    table = Table(("attempt", "verdict", "estimate", "expected", "p"), rows)
    told = [_sentence(f"{one.name}: {one.sentence}") for one in refutations]
    caution = (
        "Surviving these attempts does not prove the effect: no such check sees a common cause "
        "that nobody measured."
    )
    return Section(title, [table, *told, caution])


def _sentence(text: str) -> str:
    """Text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}." if not text.endswith(".") else text
