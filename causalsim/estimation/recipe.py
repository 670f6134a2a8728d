"""How an effect was made, in enough detail to make it again."""

from dataclasses import dataclass
from typing import Any

from causalsim.estimand.events import Question
from causalsim.estimand.query import Query
from causalsim.estimation.reading.doses import DoseTask
from causalsim.estimation.reading.roles import PLAIN, Level, Roles
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """The answer, the estimator and the seed behind an effect.

    Attributes:
        answer: The identified answer; None when the effect was estimated from roles alone.
        estimator: The estimator, with its settings; None when the effect was computed from others.
        seed: What every random choice came from.
        query: The question.
        high: The level that the effect is of.
        low: The level it is compared with; None for the mean under ``high`` alone.
        covariates: The adjustment set.
        units: The outcome's unit; may be empty.
        learners: What predicted the nuisances.
        roles: What the frame was read by.
        digest: The mark of the rows, by which the same data are recognised.
    """

    answer: Any
    estimator: Any
    seed: int | Seed
    query: Question
    high: Level | None
    low: Level | None
    covariates: tuple[str, ...]
    units: str
    learners: str
    digest: str
    roles: Roles = PLAIN

    @classmethod
    def of(cls, task: Task | DoseTask, estimator: Any, seed: int | Seed, learners: str) -> "Recipe":  # noqa: ANN401
        """The recipe of an estimate from a task; ``estimate`` adds the answer."""
        return cls(
            answer=None,
            estimator=estimator,
            seed=seed,
            query=task.query,
            high=task.high,
            low=task.low,
            covariates=task.covariates,
            units=task.units,
            learners=learners,
            digest=task.digest,
            roles=task.roles,
        )

    @classmethod
    def of_question(
        cls,
        task: Any,  # noqa: ANN401
        estimator: Any,  # noqa: ANN401
        seed: int | Seed,
        learners: str,
    ) -> "Recipe":
        """The recipe of an estimate that reads a formula rather than covariates."""
        low, high = task.pair or (None, None)
        return cls(
            answer=None,
            estimator=estimator,
            seed=seed,
            query=task.question,
            high=high,
            low=low,
            covariates=(),
            units=task.units,
            learners=learners,
            digest=task.digest,
            roles=task.roles,
        )

    def read(self, frame: Any) -> Any:  # noqa: ANN401
        """The same task, read again from its frame."""
        direct = self.answer is not None and self.estimator.accepts(self.answer)
        return self.estimator.read(self.answer if direct else self, frame, self.roles)

    @property
    def outcome(self) -> str:
        """The outcome's name; the whole question where it is about several worlds."""
        return self.query.outcome[0] if isinstance(self.query, Query) else str(self.query)

    @property
    def treatment(self) -> str:
        """The treatment's name; empty for a question about several worlds or treatments."""
        names = self.query.treatments if isinstance(self.query, Query) else ()
        return names[0] if len(names) == 1 else ""

    @property
    def adjustment(self) -> tuple[str, ...]:
        """The adjustment set, under the name that answers have for it."""
        return self.covariates

    @property
    def contrast(self) -> str:
        """What is compared, such as ``quit = 1 minus quit = 0``."""
        if self.high is None or not self.treatment:
            return str(self.query)
        high = f"{self.treatment} = {self.high}"
        return high if self.low is None else f"{high} minus {self.treatment} = {self.low}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "answer": None if self.answer is None else str(self.answer),
            "estimator": None if self.estimator is None else str(self.estimator),
            "seed": self.seed if isinstance(self.seed, int) else str(self.seed),
            "query": str(self.query),
            "outcome": self.outcome,
            "treatment": self.treatment,
            "high": self.high,
            "low": self.low,
            "covariates": list(self.covariates),
            "units": self.units,
            "learners": self.learners,
            "rows": self.digest,
            "weights": self.roles.weights,
            "clusters": self.roles.clusters,
            "propensity": self.roles.propensity,
        }
