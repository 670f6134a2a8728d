"""What predicts an outcome or a treatment: small, fast defaults, and anybody's scikit-learn.

A learner is a recipe: ``fit`` returns a function from rows to predictions and leaves the recipe
as it was. Regressions predict one number a row, classifiers one probability a row and class.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.learners import LearnerError
from causalsim.estimation.crossfitting.features import Features
from causalsim.estimation.crossfitting.penalised import logistic_ridge, ridge
from causalsim.estimation.crossfitting.trees import Bins, boosted, suffices, weighs

Matrix = NDArray[np.float64]
Prediction = Callable[[Matrix], Matrix]


@runtime_checkable
class Learner(Protocol):
    """A recipe that learns to predict a target from covariates."""

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn from rows and targets; the function returned predicts for new rows."""


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean, whatever the covariates; for estimators that need no outcome regression."""

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn the mean."""
        return average(target, weights)


@dataclass(frozen=True, slots=True)
class Ridge:
    """Ridge regression on standardised splines, each covariate's penalty found from the data.

    Args:
        products: Whether products of pairs of covariates enter.
    """

    products: bool = True

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn a mean that is smooth in the covariates."""
        return ridge(Features.fit(matrix, weights, self.products), matrix, target, weights)


@dataclass(frozen=True, slots=True)
class Boosting:
    """Gradient boosting of small trees at a low rate; finds interactions.

    Args:
        rate: Shrinkage of every tree.
        trees: How many trees.
        leaves: The most leaves of a tree.
        least: The fewest rows of a leaf.
    """

    rate: float = 0.05
    trees: int = 120
    leaves: int = 8
    least: int = 15

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn a mean by boosting."""
        # Weights that are equal say nothing, and make scikit-learn's search for bins slow.
        share = None if weights is None or np.ptp(weights) == 0.0 else weights
        if suffices(matrix, share):
            return boosted(matrix, target, self.rate, self.trees, self.leaves, self.least)
        from sklearn.ensemble import HistGradientBoostingRegressor

        model = _boosted(HistGradientBoostingRegressor, self, seed)
        given = _binned(matrix, share)
        model.fit(given(matrix), target, sample_weight=share)
        return lambda rows: np.asarray(model.predict(given(rows)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class RidgeThenBoosting:
    """Ridge regression, and boosting of what it leaves over.

    Args:
        ridge: The first learner.
        boosting: The learner of its residuals.
    """

    ridge: Ridge = Ridge()
    boosting: Boosting = Boosting(trees=80)

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn the mean in two stages."""
        smooth = self.ridge.fit(matrix, target, weights, seed)
        return self.after(smooth).fit(matrix, target, weights, seed)

    def after(self, smooth: Prediction) -> "After":
        """The second stage alone, on a first one that is fitted to the same rows already."""
        return After(smooth, self.boosting)


@dataclass(frozen=True, slots=True)
class After:
    """What is left over by a fitted regression, learnt by another.

    Args:
        smooth: The fitted regression.
        rough: The learner of its residuals.
    """

    smooth: Prediction
    rough: Learner

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn what is left and add it."""
        first = self.smooth
        second = self.rough.fit(matrix, target - first(matrix), weights, seed)
        return lambda rows: first(rows) + second(rows)


@dataclass(frozen=True, slots=True)
class Logistic:
    """Penalised (multinomial) logistic regression on standardised splines.

    Args:
        products: Whether products of pairs of covariates enter.
        strength: Inverse penalty, scikit-learn's ``C``.
    """

    products: bool = True
    strength: float = 0.3

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn class probabilities that are smooth on the logit scale."""
        from sklearn.linear_model import LogisticRegression

        features = Features.fit(matrix, weights, self.products)
        model = LogisticRegression(C=self.strength, max_iter=1000)
        model.fit(features.of(matrix), target, sample_weight=weights)
        return lambda rows: np.asarray(model.predict_proba(features.of(rows)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class LogisticRidge:
    """Logistic regression on standardised splines, each covariate's penalty found from the data.

    Several classes are each compared with the most frequent one, among the rows of these two,
    which is consistent for the multinomial model.

    Args:
        products: Whether products of pairs of covariates enter.

    References:
        C. Begg, R. Gray (1984), Calculation of polychotomous logistic regression parameters using
        individualized regressions, Biometrika 71.
    """

    products: bool = True

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn class probabilities that are smooth on the logit scale."""
        classes, counts = np.unique(target, return_counts=True)
        first = classes[int(np.argmax(counts))]
        lines = []
        for other in classes:
            rows = (target == first) | (target == other)
            if other == first:
                continue
            share = None if weights is None else weights[rows]
            features = Features.fit(matrix[rows], share, self.products)
            happened = (target[rows] == other).astype(np.float64)
            lines.append(logistic_ridge(features, matrix[rows], happened, share, seed))
        places = [int(np.flatnonzero(classes == one)[0]) for one in classes if one != first]

        def predict(rows: Matrix) -> Matrix:
            scores = np.zeros((len(rows), len(classes)))
            for place, line in zip(places, lines, strict=True):
                scores[:, place] = line(rows)
            made = np.exp(scores - scores.max(axis=1, keepdims=True))
            return np.asarray(made / made.sum(axis=1, keepdims=True), dtype=np.float64)

        return predict


@dataclass(frozen=True, slots=True)
class BoostedClassifier:
    """Boosting of very small trees at a low rate, stopped long before it overfits.

    Args:
        rate: Shrinkage of every tree.
        trees: How many trees.
        leaves: The most leaves of a tree.
        least: The fewest rows of a leaf.
    """

    rate: float = 0.05
    trees: int = 60
    leaves: int = 5
    least: int = 30

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn class probabilities by boosting."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = _boosted(HistGradientBoostingClassifier, self, seed)
        share = None if weights is None or np.ptp(weights) == 0.0 else weights
        given = _binned(matrix, share)
        model.fit(given(matrix), target, sample_weight=share)
        return lambda rows: np.asarray(model.predict_proba(given(rows)), dtype=np.float64)


def _binned(matrix: Matrix, weights: Matrix | None) -> Callable[[Matrix], Any]:
    """Rows in the bins that scikit-learn would find by weight, or as they are."""
    if not weighs(matrix, weights):
        return lambda rows: rows
    bins = Bins.fit(matrix, weights)
    return lambda rows: -bins.of(rows)


def _boosted(kind: Any, by: Boosting | BoostedClassifier, seed: int) -> Any:  # noqa: ANN401
    """A regressor or a classifier of boosted trees, with a learner's settings."""
    return kind(
        learning_rate=by.rate,
        max_iter=by.trees,
        max_leaf_nodes=by.leaves,
        min_samples_leaf=by.least,
        early_stopping=False,
        random_state=seed,
    )


@dataclass(frozen=True, slots=True)
class ScikitLearner:
    """Any scikit-learn estimator or pipeline as a learner; a fresh clone for every fit.

    A classifier as an outcome regression of a 0/1 outcome predicts the probability of 1. Every
    ``random_state`` left at None is set from the seed. Weights go to the last step of a pipeline;
    an estimator that takes none is refused where they differ.

    Args:
        estimator: The estimator; it is never fitted itself.
        classes: Whether class probabilities are wanted (treatment) or one number (outcome).
    """

    estimator: Any
    classes: bool = False

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Clone, seed and fit."""
        from sklearn.base import clone, is_classifier

        model = clone(self.estimator)
        free = [key for key, value in model.get_params().items() if value is None]
        model.set_params(**{key: seed for key in free if key.split("__")[-1] == "random_state"})
        model.fit(matrix, target, **_weighed(model, weights))
        if self.classes:
            return lambda rows: np.asarray(model.predict_proba(rows), dtype=np.float64)
        if is_classifier(model):
            return lambda rows: np.asarray(model.predict_proba(rows) @ model.classes_)
        return lambda rows: np.asarray(model.predict(rows), dtype=np.float64).reshape(len(rows))

    def __str__(self) -> str:
        """The estimator's own name."""
        return str(self.estimator)


def _weighed(model: Any, weights: Matrix | None) -> dict[str, Matrix]:  # noqa: ANN401
    """The weights by the name under which an estimator's ``fit`` takes them.

    Raises:
        LearnerError: It takes none, and they differ.
    """
    from sklearn.pipeline import Pipeline

    if weights is None:
        return {}
    prefix, last = "", model
    while isinstance(last, Pipeline):
        name, last = last.steps[-1]
        prefix += f"{name}__"
    taken = signature(last.fit).parameters
    if "sample_weight" in taken or any(one.kind is one.VAR_KEYWORD for one in taken.values()):
        return {f"{prefix}sample_weight": weights}
    if np.ptp(weights) > 0.0:
        raise LearnerError.takes_no_weights(model)
    return {}


@dataclass(frozen=True, slots=True)
class Pooled:
    """One regression of the outcome for all arms together, the arm being one of its covariates.

    What the covariates do alike in every arm is learnt from all rows at once; what they do
    differently is learnt only as far as the learner multiplies the arm with them.

    Args:
        learner: What learns it.
    """

    learner: Any

    def widened(self, matrix: Matrix, arm: NDArray[np.int_], arms: int) -> Matrix:
        """The covariates and an indicator of each arm but the first."""
        return np.column_stack([matrix, arm[:, None] == np.arange(1, arms)])

    def in_arm(self, learnt: Prediction, code: int, arms: int) -> Prediction:
        """What was learnt as a function of the covariates in one arm."""
        return lambda rows: learnt(self.widened(rows, np.full(len(rows), code), arms))


OUTCOME_MEMBERS: tuple[Learner | Pooled, ...] = (
    Ridge(products=False),
    Ridge(),
    RidgeThenBoosting(),
    Pooled(Ridge()),
    Pooled(RidgeThenBoosting(boosting=Boosting(trees=120))),
    Pooled(Boosting(trees=300)),
)
TREATMENT_MEMBERS: tuple[Learner, ...] = (
    LogisticRidge(products=False),
    LogisticRidge(),
    BoostedClassifier(),
)
OUTCOME_OF_MANY: tuple[Learner | Pooled, ...] = (
    Ridge(products=False),
    RidgeThenBoosting(Ridge(products=False), Boosting(rate=0.15, trees=60, leaves=16, least=50)),
)
TREATMENT_OF_MANY: tuple[Learner, ...] = (
    LogisticRidge(products=False),
    BoostedClassifier(rate=0.15, trees=60, leaves=8, least=50),
)
PLAIN = (Ridge(products=False), LogisticRidge(products=False))


def average(target: Matrix, weights: Matrix | None) -> Prediction:
    """What is left to predict an outcome by when there are no covariates: its mean."""
    mean = float(np.average(target, weights=weights))
    return lambda rows: np.full(len(rows), mean)


def shares(target: Matrix, weights: Matrix | None) -> Prediction:
    """What is left to predict a treatment by when there are no covariates: its shares."""
    counts = np.bincount(target.astype(np.int_), weights=weights)
    return lambda rows: np.tile(counts / counts.sum(), (len(rows), 1))
