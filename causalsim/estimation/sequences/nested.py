"""Structural nested mean models by g-estimation: what one last blip of treatment does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.sequences import SequenceError
from causalsim.estimation.averaging.contrasts import DIFFERENCE
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.scaling import RANK, Scaling
from causalsim.estimation.sequences.comparing import centered, compared, takes, within_words
from causalsim.estimation.sequences.dynamic import check_blips
from causalsim.estimation.sequences.reading import Matrix, Period, SequenceTask, read_sequence
from causalsim.seeds import Seed

_STEPS = 60


@final
@dataclass(frozen=True, slots=True, eq=False)
class GEstimation:
    """G-estimation of an additive structural nested mean model.

    The blip of treatment ``k`` is ``E[Y(a_1..a_k, 0..) - Y(a_1..a_{k-1}, 0..) | H_k, A_k = a_k] =
    a_k psi_k' v`` with ``v`` an intercept and the modifiers. From the last treatment to the first
    the outcome with all later blips taken away, ``U_k``, must not depend on the treatment beside
    the history: ``psi_k`` solves ``sum_i (A_k - e_k(H_k)) v (U_k - A_k psi_k' v) = 0`` with a
    logistic ``e_k``. With ``augmented`` a linear regression on the history is taken off as well,
    which makes it right if either it or ``e_k`` is. The influence values carry the uncertainty of
    all parts. It is right if the blips have this form: effects that vary with what is not among
    the modifiers are averaged by weights of their own.

    Args:
        modifiers: Covariates known before the first treatment that the blips are linear in.
        at: Values of the modifiers to give the effect at; None averages over the rows.
        augmented: Whether a linear outcome regression joins in.

    Examples:
        >>> from causalsim.datasets.doses import dose_and_recovery
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> people = dose_and_recovery(2000, seed=1)
        >>> people = people.assign(high=(people["dose"] > 15).astype(int))
        >>> answer = identify(Graph("age -> high; {age high} -> recovery"),
        ...     Query("recovery", do="high"))
        >>> by = GEstimation()
        >>> by.fit(by.read(answer, people, Roles()), seed=1).value > 0
        True

    References:
        J. Robins (1994), Correcting for non-compliance in randomized trials using structural
        nested mean models, Communications in Statistics 23.
        M. Hernán, J. Robins (2020), Causal Inference: What If, chapters 14 and 21.
    """

    modifiers: str | tuple[str, ...] = ()
    at: Mapping[str, float] | None = None
    augmented: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.at is not None and set(self.at) != set(self.names):
            raise EstimationError.bad_setting(
                "at", dict(self.at), f"values of {', '.join(self.names) or 'no modifiers'}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The modifiers, one name each."""
        return (self.modifiers,) if isinstance(self.modifiers, str) else self.modifiers

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "g-estimation"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "treatments, each with what must be known when it is taken"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether there are treatments with sequential back-door sets."""
        return takes(answer, None, None, least=1)

    def read(self, answer: Any, frame: Any, roles: Roles) -> SequenceTask:  # noqa: ANN401
        """The data in their roles."""
        return read_sequence(answer, frame, roles)

    def quick(self) -> "GEstimation":
        """It is quick as it is."""
        return self

    def fit(self, task: SequenceTask, seed: int | Seed) -> Effect:
        """Solve the estimating equations backwards; nothing is random here.

        Args:
            task: The data in their roles.
            seed: Written into the recipe.

        Raises:
            SequenceError: A treatment with more than two levels, a modifier that is learnt after
                the first treatment, an outcome that is missing.
        """
        check_blips(task, self.name)
        shape = self._modifiers(task)
        blips = _solved(task, shape, self.augmented)
        share = task.share
        if self.at is None:
            middle = np.average(shape, axis=0, weights=share)
            around = share[:, None] * (shape - middle)
        else:
            middle = np.array([1.0, *(self.at[name] for name in self.names)])
            around = np.zeros_like(shape)
        taken = [(period.taken == 1).astype(np.float64) for period in task.periods]
        untreated = task.outcome - sum(
            a * (shape @ psi) for a, (psi, _) in zip(taken, blips, strict=True)
        )
        base = float(np.average(untreated, weights=share))
        start = share * (untreated - base)
        for a, (_, moves) in zip(taken, blips, strict=True):
            start = start - moves @ (shape * (share * a)[:, None]).mean(axis=0)
        values, influence = [], []
        for course in task.courses:
            value, psi = base, start
            for k, (slopes, moves) in enumerate(blips):
                if course.wanted[k, 0] == 1:
                    value = value + float(middle @ slopes)
                    psi = psi + moves @ middle + around @ slopes
            values.append(value)
            influence.append(psi)
        told = ", ".join(
            f"{period.treatment}: "
            + " + ".join(
                f"{slope:.4g}{f' {name}' if name else ''}"
                for slope, name in zip(slopes, ("", *self.names), strict=True)
            )
            for period, (slopes, _) in zip(task.periods, blips, strict=True)
        )
        words = f"blips {told}; logistic treatments{within_words(task)}"
        return compared(task, [centered(values, influence)], DIFFERENCE, self, seed, words)

    def _modifiers(self, task: SequenceTask) -> Matrix:
        """An intercept and the modifiers."""
        first = task.periods[0].learnt
        columns = [np.ones(task.height)]
        for name in self.names:
            if name in first.columns:
                columns.append(first.matrix[:, first.columns.index(name)])
                continue
            later = [n for period in task.periods[1:] for n in period.learnt.sources]
            if name in later:
                raise SequenceError.late_modifier(name, [p.treatment for p in task.periods[:1]])
            raise DataError.unknown_column(name, first.columns)
        return np.column_stack(columns)


Blip = tuple[Matrix, Matrix]


def _solved(task: SequenceTask, shape: Matrix, augmented: bool) -> list[Blip]:
    """The parameters of every blip and their influence values, in time order."""
    share, height = task.share, task.height
    scaled = Scaling.of(shape[:, 1:], share)
    shape = np.column_stack([np.ones(height), scaled(shape[:, 1:])])
    left = task.outcome
    later: list[tuple[Matrix, Matrix]] = []
    found: list[Blip] = []
    for period in reversed(task.periods):
        a = (period.taken == 1).astype(np.float64)
        past = Scaling.of(period.before, share)(period.before)
        history = np.column_stack([np.ones(height), past])
        chance, moved = likeliest(history, a, share, period)
        own = shape * (a - chance)[:, None]
        have = shape * a[:, None]
        if augmented:
            own = np.column_stack([own, history])
            have = np.column_stack([have, history])
        bread = np.linalg.pinv((own * share[:, None]).T @ have / height, rcond=RANK)
        slopes = bread @ (own * (share * left)[:, None]).mean(axis=0)
        residual = left - have @ slopes
        score = own * (share * residual)[:, None]
        spread = share * residual * chance * (1.0 - chance)
        turn = np.zeros((own.shape[1], history.shape[1]))
        turn[: shape.shape[1]] = -(shape * spread[:, None]).T @ history / height
        score = score + moved @ turn.T
        for treated, moves in later:
            score = score - moves @ ((own * share[:, None]).T @ treated / height).T
        width = shape.shape[1]
        moves = (score @ bread.T)[:, :width]
        found.append((slopes[:width], moves))
        later.append((shape * a[:, None], moves))
        left = left - (shape * a[:, None]) @ slopes[:width]
    return [(scaled.turn @ slopes, moves @ scaled.turn.T) for slopes, moves in reversed(found)]


def likeliest(
    rows: Matrix, event: Matrix, weights: Matrix, period: Period
) -> tuple[Matrix, Matrix]:
    """Logistic probabilities by maximum likelihood, and the coefficients' influence values.

    The columns are of about one size.

    Raises:
        EstimationError: The history decides the treatment, so that nothing is most likely.
    """
    slopes = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(rows @ slopes, -500.0, 500.0)))
        spread = weights * chance * (1.0 - chance)
        gram = (rows * spread[:, None]).T @ rows / len(rows)
        bread = np.linalg.pinv(gram, rcond=RANK, hermitian=True)
        score = rows * (weights * (event - chance))[:, None]
        step = bread @ score.mean(axis=0)
        slopes = slopes + step
        if np.abs(step).max() < 1e-10:
            break
    else:
        raise EstimationError.no_variation(period.treatment)
    return chance, score @ bread
