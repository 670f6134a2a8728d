"""Why one row is an outlier: how much each noise contributes to its score."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from torch import Tensor

from causalsim import frames
from causalsim.errors.explaining import ExplainingError
from causalsim.scm.explaining.attribution import Attribution
from causalsim.scm.explaining.shapley import Shares, shapley
from causalsim.scm.explaining.worlds_of_noises import (
    Array,
    Line,
    Mechanisms,
    jackknife,
    lineage,
    lines,
    measured,
    mixed,
    names_of,
    noisy,
    require_draws,
    require_target,
)
from causalsim.scm.imagining.abduction import read_evidence, recover, require_evidence
from causalsim.scm.imagining.planning import settled
from causalsim.scm.parallel.asking import Model
from causalsim.scm.worlds import draw_noises, require_lengths, run
from causalsim.scm.writing.structure import is_passed
from causalsim.seeds import Seed, seeded

#: How often noises that the row leaves uncertain are drawn.
_TIMES = 20
_FEW_HITS = 10


def explain_outlier(
    model: Model,
    row: Any,  # noqa: ANN401
    target: str,
    *,
    draws: int = 5_000,
    seed: int | Seed = 0,
) -> Attribution:
    """How much each noise contributes to one row's target being so far out.

    The score is the information ``S = -log P(|Y - E Y| ≥ |y - E Y|)``. A coalition of noises that
    keep the row's values, the others being drawn anew, is worth the log probability that the
    target is at least as far out; contributions are the Shapley values, and add up to ``S``.
    Closed form for linear Gaussian models. Else by draws: a score beyond the logarithm of the
    number of draws is cut there, and said to be doubtful. Fails as an explanation where the
    mechanisms are wrong (`evaluate` looks), or a variable is influenced by a hidden cause.

    Args:
        model: The model.
        row: A frame of one row, with the target and all that influences it.
        target: The variable that is far out: numbers, not names.
        draws: How many draws, where the answer is not in closed form.
        seed: Root of the draws.

    Raises:
        ExplainingError: Not one row, or no model.
        ModelError: An unknown target, names instead of numbers, impossible evidence.
        DataError: Columns that are missing or incomplete.

    Examples:
        >>> import pandas
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.scm import SCM, linear
        >>> model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 1.0})})
        >>> found = explain_outlier(model, pandas.DataFrame({"x": [5.0], "y": [5.2]}), "y")
        >>> found.ranked[0], round(found.total, 3), round(sum(found.parts.values()), 3)
        ('x', 8.352, 8.352)

    References:
        Budhathoki, Minorics, Blöbaum and Janzing, "Causal structure-based root cause analysis of
        outliers" (2022), ICML.
    """
    require_target(model, target)
    require_draws(draws)
    if (height := frames.height(row)) != 1:
        raise ExplainingError.one_row(height)
    root = seeded(seed, "outlier")
    mechanisms = lineage(model.mechanisms, target)
    require_lengths(mechanisms, 1)
    players = noisy(mechanisms)
    values, noises = _behind(mechanisms, row, target, root)
    value = float(values[target])
    if not players:
        told = "The target has no noise, so nothing is surprising."
        return Attribution(_subject(target, value), target, {}, {}, 0.0, told, True, like=row)
    straight = lines(mechanisms)
    if straight is not None:
        return _by_tails(straight[target], value, noises, target, row, root)
    return _by_draws(mechanisms, target, value, noises, draws, row, root)


def _subject(target: str, value: float) -> str:
    """What is explained."""
    return f"outlier score of {target} = {value:.4g}"


def _behind(
    mechanisms: Mechanisms,
    row: Any,  # noqa: ANN401
    target: str,
    seed: Seed,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The values that the row shows, and the noises behind them, (1,) or (times, 1) each."""
    columns = frames.names(row)
    passed = [name for name in settled(mechanisms, columns) if is_passed(mechanisms[name])]
    needed = require_evidence([*columns, *passed], mechanisms, mechanisms)
    values = read_evidence(row, mechanisms, [name for name in needed if name in columns])
    values.update(run(mechanisms, {}, values, passed))
    return values, recover(mechanisms, values, mechanisms, draws=_TIMES, seed=seed)


def _by_tails(
    line: Line,
    value: float,
    noises: Mapping[str, Tensor],
    target: str,
    row: Any,  # noqa: ANN401
    seed: Seed,
) -> Attribution:
    """In closed form: given some noises the target is Normal."""
    players = tuple(line.gains)
    moved = np.array([line.gains[n] * (float(noises[n]) - line.means[n]) for n in players])
    variances = np.array([line.variances()[name] for name in players])
    far = abs(value - line.mean)

    def worth(coalitions: NDArray[np.bool_]) -> Array:
        shift = coalitions @ moved
        spread = np.sqrt(~coalitions @ variances)
        scale = np.where(spread > 0.0, spread, 1.0)
        above = special.log_ndtr((shift - far) / scale)
        below = special.log_ndtr((-far - shift) / scale)
        logs = np.asarray(np.logaddexp(above, below))
        logs[coalitions.all(axis=1)] = 0.0
        return logs

    found = shapley(len(players), worth, seed)
    parts = names_of(players, found.values)
    errors = names_of(players, found.errors)
    how = f"In closed form for a linear Gaussian model; {_coalitions(found)}."
    total = float(found.values.sum())
    return Attribution(
        _subject(target, value), target, parts, errors, total, how, found.exact, like=row
    )


def _by_draws(
    mechanisms: Mechanisms,
    target: str,
    value: float,
    noises: Mapping[str, Tensor],
    draws: int,
    row: Any,  # noqa: ANN401
    seed: Seed,
) -> Attribution:
    """By draws of the noises outside of each coalition."""
    players = noisy(mechanisms)
    fresh = draw_noises(mechanisms, (draws,), seed.child("fresh"))
    nobody = np.zeros((1, len(players)), dtype=bool)
    usual = float(mixed(mechanisms, target, fresh, fresh, nobody).mean())
    # What is produced from its own noise must count as being as far out as it is.
    far = abs(value - usual) * (1.0 - 1e-9) - 1e-12
    drawn = [name for name in players if not mechanisms[name].coupling.exact]
    times = _TIMES if drawn else 1

    def chances(values: Array, _: NDArray[np.intp]) -> Array:
        hits = (np.abs(values - usual) >= far).sum(axis=-1)
        return np.asarray(np.log(np.maximum(hits, 0.5) / values.shape[-1]))

    rarest: list[float] = []

    def worth(coalitions: NDArray[np.bool_]) -> Array:
        found = []
        for time in range(times):
            own = {name: _once(noises[name], time, name in drawn) for name in players}
            found.append(
                measured(
                    lambda some, own=own: mixed(mechanisms, target, own, fresh, some),  # type: ignore[misc]
                    chances,
                    coalitions,
                    draws,
                )
            )
        stacked = np.stack(found, axis=1)
        stacked[coalitions.all(axis=1)] = 0.0
        rarest.append(float(stacked[..., 0].min()))
        return stacked

    found = shapley(len(players), worth, seed)
    each = found.values.mean(axis=1)
    spread = found.values[..., 0].std(axis=1, ddof=1) / math.sqrt(times) if times > 1 else 0.0
    orders = found.errors[..., 0].mean(axis=1)
    errors = np.sqrt(jackknife(each[:, 1:]) ** 2 + np.square(spread) + orders**2)
    total = float(each[:, 0].sum())
    how = f"By {draws} draws of each noise; {_coalitions(found)}."
    if drawn:
        how += f" The row leaves the noise of {', '.join(drawn)} uncertain: drawn {times} times."
    # Noises that are fixed at ordinary values may leave less chance than there is at large.
    hits = math.exp(min(rarest)) * draws
    cut = (
        f"with some noises as in the row, only {hits:.0f} of {draws} draws are as far out; "
        f"take draws={draws * 20}."
    )
    return Attribution(
        _subject(target, value),
        target,
        names_of(players, each[:, 0]),
        names_of(players, errors),
        total,
        how,
        False,
        (cut,) if hits < _FEW_HITS else (),
        row,
    )


def _once(noise: Tensor, time: int, drawn: bool) -> Tensor:
    """One draw of a row's noise, its first dimension being one unit."""
    return noise[time] if drawn else noise.reshape(-1)


def _coalitions(found: Shares) -> str:
    """Which coalitions were asked for."""
    if found.exact:
        return f"Shapley values over all {found.coalitions} coalitions of noises"
    return f"Shapley values over drawn orders of the noises ({found.coalitions} coalitions)"
