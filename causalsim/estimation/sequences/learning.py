"""The best rule for every treatment, learnt backwards from the last."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from causalsim.errors.estimation import EstimationError
from causalsim.errors.sequences import SequenceError
from causalsim.estimation.crossfitting.fitting import learnt as _learnt
from causalsim.estimation.crossfitting.fitting import outcome_members as _outcome_members
from causalsim.estimation.crossfitting.learners import Matrix, Pooled, Prediction, Ridge
from causalsim.estimation.reading.design import Coding, coding
from causalsim.estimation.reading.roles import PLAIN, Level, Roles
from causalsim.estimation.sequences.comparing import takes
from causalsim.estimation.sequences.reading import Period, SequenceTask, read_sequence
from causalsim.estimation.sequences.regimes import Known, Regime, Rule
from causalsim.seeds import Seed, seeded


@final
@dataclass(frozen=True, slots=True, eq=False)
class LearntRegime:
    """A rule for every treatment, and what it is expected to bring.

    Attributes:
        regime: The rules; ``estimate(answer, frame, by=LTMLE(regime=...))`` gives their worth,
            honestly on rows that they were not learnt from.
        treatments: The treatments in time order.
        shares: For each of them how often each level is recommended to the rows learnt from.
        expected: The mean outcome that the regressions promise; too good, since the best of
            several guesses is taken.
        maximise: Whether more of the outcome is better.
        n: How many rows it was learnt from.
    """

    regime: Regime
    treatments: tuple[str, ...]
    shares: tuple[dict[Level, float], ...]
    expected: float
    maximise: bool
    n: int = field(default=0)

    def __str__(self) -> str:
        """``a0: 1 for 62 %; a1: 1 for 71 %``."""
        return "; ".join(
            f"{name}: " + ", ".join(f"{level} for {share:.0%}" for level, share in found.items())
            for name, found in zip(self.treatments, self.shares, strict=True)
        )

    @property
    def why(self) -> str:
        """In English: how it was found, and what not to believe."""
        aim = "largest" if self.maximise else "smallest"
        return (
            f"At each treatment, from the last to the first, that level is chosen whose predicted "
            f"mean outcome is {aim}, given that later treatments follow their rules (Q-learning, "
            f"{self.n} rows). Recommended are {self}. The predicted mean, {self.expected:.4g}, is "
            "too favourable; estimate the regime by LTMLE on other rows."
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "treatments": list(self.treatments),
            "shares": [{str(k): v for k, v in found.items()} for found in self.shares],
            "expected": self.expected,
            "maximise": self.maximise,
            "n": self.n,
        }

    def _repr_html_(self) -> str:
        """A small table for notebooks."""
        cells = "".join(
            f"<tr><th>{escape(name)}</th><td>"
            + escape(", ".join(f"{level}: {share:.0%}" for level, share in found.items()))
            + "</td></tr>"
            for name, found in zip(self.treatments, self.shares, strict=True)
        )
        return f"<table>{cells}</table>"


def learn_regime(
    answer: Any,  # noqa: ANN401
    frame: Any,  # noqa: ANN401
    seed: int | Seed = 0,
    outcome: Any = None,  # noqa: ANN401
    maximise: bool = True,
    weights: str | None = None,
) -> LearntRegime:
    """The best rule for each treatment of a sequence, by Q-learning.

    ``Q_K(h, a) = E[Y | H_K = h, A_K = a]``; then backwards
    ``Q_k(h, a) = E[max_b Q_{k+1}(H_{k+1}, b) | H_k = h, A_k = a]``, and the rule is
    ``d_k(h) = argmax_a Q_k(h, a)``. It is right where the regressions are: it leans on them alone.

    Args:
        answer: What ``identify`` answered about the treatments.
        frame: A pandas or polars frame, one row a unit.
        seed: Decides the learner's chance.
        outcome: A scikit-learn regressor; None is ridge regression on splines and products.
        maximise: Whether more of the outcome is better.
        weights: The column of sampling weights.

    Returns:
        The rules.

    Raises:
        SequenceError: No sequential back-door sets.
        EstimationError: A learner that fails.

    >>> from causalsim.datasets.sequences import two_visits
    >>> from causalsim.estimand.query import Query
    >>> from causalsim.graph.graph import Graph
    >>> from causalsim.identification.strategy import identify
    >>> data = two_visits(2000, seed=1)
    >>> learnt = learn_regime(identify(Graph(data.graph), Query("y", do=["a0", "a1"])), data.frame)
    >>> learnt.treatments
    ('a0', 'a1')

    References:
        S. Murphy (2005), A generalization error for Q-learning, JMLR 6.
        B. Chakraborty, E. Moodie (2013), Statistical Methods for Dynamic Treatment Regimes,
        chapter 3.
    """
    if not takes(answer, None, None, least=1):
        raise SequenceError.no_stages([str(getattr(answer, "query", answer))])
    roles = Roles(weights=weights) if weights is not None else PLAIN
    task = read_sequence(answer, frame, roles)
    learner = _outcome_members(Ridge(products=True) if outcome is None else outcome)[0]
    if isinstance(learner, Pooled):
        raise EstimationError.bad_setting("outcome", outcome, "a regressor, not Pooled")
    sign = 1.0 if maximise else -1.0
    target = sign * task.outcome
    steps: dict[str, Level | Rule] = {}
    shares: list[dict[Level, float]] = []
    start = seeded(seed, "Q-learning")
    with threadpool_limits(limits=1):
        for k in reversed(range(len(task.periods))):
            period = task.periods[k]
            rows = period.complete & np.isfinite(target)
            learnt = _learnt(
                learner,
                "outcome",
                period.history(period.taken)[rows],
                target[rows],
                None if task.weights is None else task.weights[rows],
                start.child(f"stage {k}"),
            )
            worth = _worth(period, period.before, learnt)
            target = np.where(period.complete, worth.max(axis=1), np.nan)
            best = worth.argmax(axis=1)[period.complete]
            steps[period.treatment] = _rule(task, k, frame, learnt)
            shares.append(
                {level: float((best == c).mean()) for c, level in enumerate(period.levels)}
            )
    expected = sign * float(np.average(target, weights=task.share))
    names = tuple(period.treatment for period in task.periods)
    regime = Regime({name: steps[name] for name in names})
    return LearntRegime(regime, names, tuple(shares[::-1]), expected, maximise, task.height)


def _worth(period: Period, before: Matrix, learnt: Prediction) -> Matrix:
    """The predicted outcome of each level, rows by levels."""
    found = []
    for code in range(len(period.levels)):
        taken = np.full(len(before), code, dtype=np.int_)
        found.append(learnt(np.column_stack([before, period.action(taken)])))
    return np.stack(found, axis=1)


def _rule(task: SequenceTask, k: int, frame: Any, learnt: Prediction) -> Rule:  # noqa: ANN401
    """The rule to take the level that is worth most, for the rows of any frame."""
    past = task.periods[:k]
    period = task.periods[k]
    codes = tuple(
        (coding(frame, tuple(dict.fromkeys(one.learnt.sources))), one.learnt.columns)
        for one in task.periods[: k + 1]
    )
    parts = [part.name for code, _ in codes for part in code.parts]
    reads = (*parts, *(one.treatment for one in past))
    return Rule(reads, _decision(codes, past, period, learnt), f"best of {period.levels}")


def _decision(
    codes: tuple[tuple[Coding, tuple[str, ...]], ...],
    past: tuple[Period, ...],
    period: Period,
    learnt: Prediction,
) -> Callable[[Known], NDArray[Any]]:
    """From columns by name to the level that is worth most."""
    levels = np.array(period.levels)

    def decide(known: Known) -> NDArray[Any]:
        import pandas

        rows = pandas.DataFrame(dict(known))
        made: list[Matrix] = []
        for place, (code, columns) in enumerate(codes):
            # Being missing is no column where nobody who was learnt from lacked the value.
            labels = [label for part in code.parts for label in part.labels]
            kept = [number for number, label in enumerate(labels) if label in columns]
            made.append(code.matrix(rows)[:, kept])
            if place < len(past):
                one = past[place]
                taken = np.asarray(known[one.treatment])
                found = [taken == level for level in one.levels[1:]]
                made.append(np.stack(found, axis=1).astype(np.float64))
        before = np.column_stack(made)
        best: NDArray[Any] = levels[_worth(period, before, learnt).argmax(axis=1)]
        return best

    return decide
