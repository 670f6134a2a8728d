"""For which compliers the effect is larger: a line in covariates, or a forest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.errors.instruments import InstrumentError
from causalsim.estimation.effect import Effect
from causalsim.estimation.instruments.forests import DRIV, ForestLATE
from causalsim.estimation.instruments.late import LATE
from causalsim.estimation.instruments.weak_instruments import moments_of
from causalsim.estimation.intervals import pointwise, variance
from causalsim.estimation.reading.design import Coding, coding
from causalsim.estimation.reading.task import read_weights

Matrix = NDArray[np.float64]
_LEAST = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalLATE:
    """The effect among compliers as a linear function of covariates.

    Attributes:
        columns: What it is a function of; categories have an indicator each.
        coefficients: The effect where every column is zero, and what a unit of each adds.
        spread: The covariance matrix of the coefficients.
        effect: The average effect among compliers that it refines.
    """

    columns: tuple[str, ...]
    coefficients: Matrix
    spread: Matrix = field(repr=False)
    effect: Effect = field(repr=False)
    _coding: Coding = field(repr=False)

    def at(self, frame: Any, level: float = 0.95) -> Any:  # noqa: ANN401
        """The effect among compliers like each row of a frame, with pointwise intervals.

        Args:
            frame: Rows with the covariates, new or old; pandas or polars.
            level: Pointwise coverage.

        Returns:
            A frame of the same kind with columns ``effect``, ``low`` and ``high``.
        """
        rows = _with_one(self._coding.matrix(frame))
        found = rows @ self.coefficients
        error = np.sqrt(np.einsum("ij,jk,ik->i", rows, self.spread, rows))
        return pointwise(frame, found, error, level)

    def __str__(self) -> str:
        """What a unit of each column adds."""
        errors = np.sqrt(np.diag(self.spread))
        told = ", ".join(
            f"{name} {slope:+.3g} (se {error:.2g})"
            for name, slope, error in zip(
                self.columns, self.coefficients[1:], errors[1:], strict=True
            )
        )
        return f"effect among compliers: {self.coefficients[0]:.3g} where all are zero; {told}"

    def _repr_html_(self) -> str:
        """The line, for notebooks."""
        return f"<p>{self}</p>"

    @property
    def why(self) -> str:
        """What it is, and what it is not."""
        return (
            f"{self}. A line is fitted to the effect among compliers; where the effect bends it is "
            "the line that fits best where there are most compliers. Who they are is not known."
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "columns": list(self.columns),
            "coefficients": self.coefficients.tolist(),
            "standard_errors": np.sqrt(np.diag(self.spread)).tolist(),
            "effect": self.effect.to_dict(),
        }


@overload
def conditional_late(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    on: Sequence[str],
    by: None = None,
) -> ConditionalLATE: ...


@overload
def conditional_late(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    on: Sequence[str],
    by: DRIV,
) -> ForestLATE: ...


def conditional_late(
    effect: Effect,
    frame: Any,
    on: Sequence[str],
    by: DRIV | None = None,
) -> ConditionalLATE | ForestLATE:
    """Learn for which compliers the effect is larger, from the scores of their average effect.

    With the doubly robust scores ``s_Y`` and ``s_A`` of the instrument's effects on outcome and
    treatment, the line ``f(x) = b'(1, x)`` solves ``mean((1, X) (s_Y - f(X) s_A)) = 0``, which is
    zero at the effect among compliers with covariates ``x`` if that is a line. Nothing is divided
    by the share of compliers of one kind of people, so that kinds without compliers count for
    nothing instead of spoiling the rest.

    Args:
        effect: An effect by `LATE`.
        frame: The rows it was estimated from; the nuisances are fitted again, with the same seed.
        on: The covariates; they must come before the treatment.
        by: None fits the line; `DRIV` a forest, which follows any shape and needs more rows.

    Returns:
        A function of the covariates, with ``at(rows)`` for people old or new.

    Raises:
        InstrumentError: Columns that follow from one another, or no compliers to tell them by.
        EstimationError: The effect is not by `LATE`, or of other rows.
        DataError: A column is missing.

    Examples:
        >>> from causalsim.datasets.instruments import encouragement
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation.estimating import estimate
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.assuming import Monotone
        >>> from causalsim.identification.strategy import identify
        >>> data = encouragement(1500, seed=1)
        >>> graph, query = Graph(data.graph), Query("y", do="a")
        >>> answer = identify(graph, query, assuming=Monotone("z", "a"))
        >>> effect = estimate(answer, data.frame, by=LATE(folds=2, repeats=1), seed=1)
        >>> found = conditional_late(effect, data.frame, on=["x2"])
        >>> bool(abs(found.coefficients[1] - 1.0) < 3 * found.spread[1, 1] ** 0.5)
        True

    References:
        V. Syrgkanis et al. (2019), Machine learning estimation of heterogeneous treatment effects
        with instruments, NeurIPS 32 (whose final stage divides by the conditional share).
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    if not isinstance(effect.recipe.estimator, LATE):
        raise EstimationError.unusable_answer(
            "conditional_late", "an effect by LATE()", f"by {effect.estimator}", "by=LATE()."
        )
    names = (on,) if isinstance(on, str) else tuple(on)
    if not names:
        raise EstimationError.bad_setting("on", on, "at least one covariate")
    read = coding(frame, names)
    matrix = read.matrix(frame)
    middle, scale = matrix.mean(axis=0), matrix.std(axis=0)
    if (scale == 0.0).any():
        raise EstimationError.constant_column(_labels(read)[int(np.argmin(scale))])
    if by is not None:
        if not isinstance(by, DRIV):
            raise EstimationError.bad_setting("by", by, "DRIV(), or None for a line")
        return by.learn(effect, frame, read)
    moments = moments_of(effect, frame)
    name = effect.recipe.roles.weights
    share = np.ones(effect.n) if name is None else read_weights(frame, name)
    # The moments hold influence values, in which the mean does not carry the row's weight.
    top, bottom = (
        column - column.mean() + share * column.mean()
        for column in (moments.top[:, 0], moments.bottom[:, 0])
    )
    rows = _with_one((matrix - middle) / scale)
    gram = (rows * bottom[:, None]).T @ rows / len(rows)
    if np.linalg.svd(gram, compute_uv=False)[-1] < _LEAST:
        raise InstrumentError.doubled(_labels(read))
    line = np.linalg.solve(gram, rows.T @ top / len(rows))
    influence = (rows * (top - bottom * (rows @ line))[:, None]) @ np.linalg.inv(gram).T
    turn = np.diag(np.concatenate([[1.0], 1.0 / scale]))
    turn[0, 1:] = -middle / scale
    turn *= moments.factor
    return ConditionalLATE(
        columns=_labels(read),
        coefficients=turn @ line,
        spread=turn @ variance(influence, moments.clusters) @ turn.T,
        effect=effect,
        _coding=read,
    )


def _with_one(matrix: Matrix) -> Matrix:
    """The columns, after one of ones."""
    return np.column_stack([np.ones(len(matrix)), matrix])


def _labels(read: Coding) -> tuple[str, ...]:
    """The names of the columns that covariates become."""
    return tuple(label for part in read.parts for label in part.labels)
