"""An effect in words: its sentence in English, and the lines of a table."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from causalsim.estimation.effect import Effect


def story(effect: "Effect") -> str:
    """What was compared, how, with which assumptions, and what to beware of."""
    recipe = effect.recipe
    inside, error = effect.interval(), effect.standard_error
    value, low, high = (shown(one, error) for one in (effect.value, inside.low, inside.high))
    if recipe.estimator is None:
        return (
            f"The {effect.estimand} was computed from effects on the same rows, with their "
            f"covariance: {value}, 95 % CI {low} to {high}."
        )
    unit = f" {recipe.units}" if recipe.units else ""
    adjusted = f", adjusted for {', '.join(recipe.covariates) or 'nothing'}"
    if recipe.answer is not None and not hasattr(recipe.answer, "adjustment"):
        adjusted = ""
    sentences = [
        f"The {effect.estimand} of {recipe.treatment} on {recipe.outcome} compares "
        f"{recipe.contrast}{adjusted}."
        if recipe.low is not None
        else f"The {effect.estimand} of {recipe.outcome} is that under {recipe.contrast}{adjusted}."
        if recipe.high is not None
        else f"Asked: {recipe.query}.",
        f"{effect.estimator} gives {value}{unit}, and values from {low} to {high} are compatible "
        "with the data at 95 %.",
        f"It used {recipe.learners}." if recipe.learners else "",
        str(recipe.answer.why).strip() if recipe.answer is not None else "",
        *(f"{note[0].upper()}{note[1:]}." for note in effect.notes if note),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def table_lines(effect: "Effect") -> list[tuple[str, str]]:
    """Names and values, in the order of a table."""
    inside, error = effect.interval(), effect.standard_error
    return [
        ("estimand", f"{effect.estimand}: {effect.recipe.outcome}, {effect.recipe.contrast}"),
        ("estimate", f"{shown(effect.value, error)} {effect.recipe.units}".strip()),
        ("95 % interval", f"{shown(inside.low, error)} to {shown(inside.high, error)}"),
        ("standard error", f"{error:.3g}"),
        ("p-value", f"{effect.p_value:.2g}"),
        ("estimator", f"{effect.estimator}, n = {effect.n}"),
        *(("note", note) for note in effect.notes),
    ]


def shown(value: float, error: float) -> str:
    """A number with the decimals that its standard error deserves.

    >>> shown(3.4417, 0.52)
    '3.4'
    """
    if not math.isfinite(value) or error <= 0.0 or not math.isfinite(error):
        return f"{value:.4g}"
    decimals = max(0, math.ceil(-math.log10(error / 3.0)))
    return f"{value + 0.0:.{decimals}f}"
