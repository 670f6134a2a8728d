"""The learners behind a formula's factors, as one recipe that is fitted and then asked anywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.fitting import as_learner
from causalsim.estimation.crossfitting.folds import stratified
from causalsim.estimation.crossfitting.learners import (
    TREATMENT_MEMBERS,
    Boosting,
    Learner,
    Logistic,
    Matrix,
    Prediction,
    Ridge,
    RidgeThenBoosting,
    ScikitLearner,
    average,
    shares,
)
from causalsim.estimation.crossfitting.stacking import mean_weights, mixed, share_weights
from causalsim.seeds import Seed

Mask = NDArray[np.bool_]
_PART = 4
_FEWEST = 20
_ROUGH = RidgeThenBoosting(boosting=Boosting(trees=60))


@dataclass(frozen=True, slots=True)
class HeldOutMean:
    """Several regressions, weighted by their errors on a quarter of the rows that was held out.

    Args:
        within: Regressions among the rows with the values that are conditioned on.
        over: Regressions on all rows, of which these values are further covariates.
    """

    within: tuple[Learner, ...] = (Ridge(products=False), Ridge(), _ROUGH)
    over: tuple[Learner, ...] = (Ridge(), _ROUGH)

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn the mean."""
        nothing = np.empty((len(target), 0))
        share = np.ones(len(target)) if weights is None else weights
        among = np.ones(len(target), dtype=np.bool_)
        return self.fit_among(matrix, nothing, nothing[:1], target, among, share, seed)

    def fit_among(
        self,
        matrix: Matrix,
        further: Matrix,
        here: Matrix,
        target: Matrix,
        among: Mask,
        weights: Matrix,
        seed: int,
    ) -> Prediction:
        """Learn the mean among some rows, with what the others tell.

        Args:
            matrix: The covariates of all rows.
            further: The covariates that are the same in the rows in question.
            here: Their values there, one row.
            target: What is regressed.
            among: The rows in question.
            weights: A weight a row.
            seed: Decides what is held out, and the learners' chance.
        """
        wide, everyone = np.hstack([matrix, further]), np.ones(len(target), dtype=np.bool_)
        apart = _apart(len(target), seed)
        ways = [(one, matrix, among) for one in self.within]
        if further.shape[1]:
            ways += [(one, wide, everyone) for one in self.over]

        def learnt(one: Learner, sight: Matrix, rows: Mask) -> Prediction:
            return one.fit(sight[rows], target[rows], _unequal(weights[rows]), seed)

        judged = apart & among
        if min(judged.sum(), (among & ~apart).sum()) < _FEWEST:
            return learnt(self.within[0], matrix, among)
        guesses = np.column_stack(
            [learnt(one, sight, rows & ~apart)(sight[judged]) for one, sight, rows in ways]
        )
        mix = mean_weights(guesses, target[judged], weights[judged])
        kept = [
            (weight, learnt(*way), way[2] is everyone)
            for weight, way in zip(mix, ways, strict=True)
            if weight > 0
        ]

        def predict(rows: Matrix) -> Matrix:
            full = np.hstack([rows, np.tile(here, (len(rows), 1))])
            made = [weight * found(full if widely else rows) for weight, found, widely in kept]
            return np.asarray(np.sum(made, axis=0), dtype=np.float64)

        return predict


@dataclass(frozen=True, slots=True)
class HalvesShares:
    """Several classifiers on the logit scale, weighted by their log-loss on rows not seen.

    Each half is judged by what was learnt from the other, so that no row is left out of the
    judgement: a few held-out rows would now and then trust the boldest classifier alone, and a
    bold classifier makes large ratios.

    Args:
        members: The classifiers; all of them are then fitted to all rows.
    """

    members: tuple[Learner, ...] = TREATMENT_MEMBERS

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn the probabilities of the classes 0, 1, …, each of which occurs."""
        codes = target.astype(np.int_)
        share = np.ones(len(target)) if weights is None else weights
        half = stratified(codes, 2, np.random.default_rng(seed))
        learnt = [one.fit(matrix, target, weights, seed) for one in self.members]
        if np.bincount(codes).min() < _FEWEST:
            mix = np.full(len(learnt), 1.0 / len(learnt))
        else:
            guesses = np.empty((len(target), len(learnt), int(codes.max()) + 1))
            for part in (0, 1):
                known, new = half != part, half == part
                for place, one in enumerate(self.members):
                    within = None if weights is None else weights[known]
                    found = one.fit(matrix[known], target[known], within, seed)
                    guesses[new, place] = found(matrix[new])
            mix = share_weights(guesses, codes, share)
        return lambda rows: mixed(np.stack([one(rows) for one in learnt], axis=1), mix)


def _apart(height: int, seed: int) -> Mask:
    """A quarter of the rows."""
    order = np.random.default_rng(seed).permutation(height)
    return np.asarray(order < max(1, height // _PART), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Learners:
    """What predicts means, and what predicts probabilities.

    Attributes:
        mean: A learner of numbers.
        share: A learner of classes.
    """

    mean: Learner = HeldOutMean()
    share: Learner = HalvesShares()

    @classmethod
    def of(cls, outcome: Any, propensity: Any) -> "Learners":  # noqa: ANN401
        """From what a user gave: a learner, a scikit-learn estimator, or None for the default."""
        return cls(
            HeldOutMean() if outcome is None else as_learner(outcome, "outcome"),
            HalvesShares()
            if propensity is None
            else as_learner(propensity, "propensity", "predict_proba"),
        )

    def means(self, matrix: Matrix, target: Matrix, weights: Matrix, seed: Seed) -> Prediction:
        """A mean as a function of what is seen, within the range of the target."""
        low, high = float(target.min()), float(target.max())
        if matrix.shape[1] == 0 or low == high:
            return average(target, weights)
        found = _told(
            self.mean,
            "outcome",
            lambda: self.mean.fit(matrix, target, _unequal(weights), _chance(seed)),
        )
        return lambda rows: np.clip(found(rows), low, high)

    def mean_among(
        self,
        matrix: Matrix,
        further: Matrix,
        here: Matrix,
        target: Matrix,
        among: Mask,
        weights: Matrix,
        seed: Seed,
    ) -> Prediction:
        """A mean among some rows; the default learns from the others too."""
        inside = target[among]
        low, high = float(inside.min()), float(inside.max())
        if not isinstance(self.mean, HeldOutMean) or matrix.shape[1] == 0 or low == high:
            return self.means(matrix[among], inside, weights[among], seed)
        found = self.mean.fit_among(matrix, further, here, target, among, weights, _chance(seed))
        return lambda rows: np.clip(found(rows), low, high)

    def shares(self, matrix: Matrix, codes: Matrix, weights: Matrix, seed: Seed) -> Prediction:
        """The probability of each class 0, 1, … that occurs, as a function of what is seen."""
        if matrix.shape[1] == 0 or codes.max() == 0:
            return shares(codes, weights)
        return _told(
            self.share,
            "propensity",
            lambda: self.share.fit(matrix, codes, _unequal(weights), _chance(seed)),
        )

    def chance(self, matrix: Matrix, events: Matrix, weights: Matrix, seed: Seed) -> Prediction:
        """The probability of an event, 1 where it happened, as a function of what is seen."""
        if float(events.min()) == float(events.max()):
            constant = float(events[0])
            return lambda rows: np.full(len(rows), constant)
        found = self.shares(matrix, events, weights, seed)
        return lambda rows: found(rows)[:, 1]

    def __str__(self) -> str:
        """In words, for the recipe."""
        default = isinstance(self.mean, HeldOutMean) and isinstance(self.share, HalvesShares)
        return "splines and boosting" if default else f"{self.mean} and {self.share}"


#: For what is fitted hundreds of times.
SMOOTH = Learners(Ridge(), Logistic())


def _chance(seed: Seed) -> int:
    """A seed as scikit-learn takes it."""
    return seed.number % 2**32


def _unequal(weights: Matrix) -> Matrix | None:
    """Weights, or None where all are alike, since not every estimator takes weights."""
    return None if bool(np.all(weights == weights[0])) else weights


def _told(learner: Learner, role: str, fit: Callable[[], Prediction]) -> Prediction:
    """What goes wrong inside somebody else's estimator is told with its name."""
    try:
        return fit()
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        if isinstance(learner, ScikitLearner):
            raise EstimationError.failed_learner(role, str(learner), error) from error
        raise
