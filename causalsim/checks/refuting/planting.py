"""A world like the data in which the effect is known: can the estimator find it?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.checks.refutation import LEVEL, Refutation
from causalsim.checks.refuting.case import Case, check_repetitions, chosen, count_of
from causalsim.checks.refuting.stored import Stored
from causalsim.checks.refuting.sums import Arms, Reading
from causalsim.checks.refuting.verdicts import deviate, judged
from causalsim.errors.checking import CheckError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Difference
from causalsim.estimation.averaging.targets import EVERYONE, ArmMeans, Everyone
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed, seeded

if TYPE_CHECKING:
    from causalsim.scm.model import SCM

_REFITS = 20
_LEARNT = 0.5
_WORLD = 100_000
Matrix = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True)
class PlantedTruth:
    """Make a world like the data, with a known effect, and see whether the estimator finds it.

    The covariates stay as they are. Treatments are drawn from the fitted propensities
    ``e_k(x)``, outcomes are the fitted regressions ``mu_k(x)`` plus each row's own residual with a
    random sign (a 0/1 outcome is drawn with probability ``mu_k(x)``), so that the true effect of
    the world is known. On stored scores the estimator is told the propensities, and regressions
    that have learnt only half of how outcomes depend on the covariates, so that its weights must
    do the rest: it fails where overlap or clipping do not let them. With ``refit=True`` it is told
    nothing and the whole recipe is run in every world; an estimator without stored scores always
    is, in worlds made by the default learners, which a regression that is too simple fails.

    With ``model=`` the worlds are samples of a structural causal model fitted to the data, as many
    rows as there are, and the truth is what the model says when it is acted upon. That works for
    every estimator: formulae, front doors, instruments (an instrument finds the effect among
    compliers: where that differs, pass it as ``planted=``).

    Finding the truth in a world without hidden causes does not show that the real one has none.

    Args:
        planted: The average effect in the world; None is the one that the regressions, or the
            model, have. Regressions of the treated arm are shifted to reach it.
        repetitions: How many worlds; None is 100 on stored scores and 20 refits.
        refit: Whether the whole recipe is run in every world.
        quick: Whether each refit uses the estimator's cheaper version.
        model: A structural causal model to sample worlds from.
    """

    planted: float | None = None
    repetitions: int | None = None
    refit: bool = False
    quick: bool = True
    model: "SCM | None" = None

    def __post_init__(self) -> None:
        """Check the settings."""
        check_repetitions(self.repetitions, least=2)
        number = isinstance(self.planted, int | float) and np.isfinite(self.planted)
        if self.planted is not None and not number:
            raise EstimationError.bad_setting("planted", self.planted, "a finite number")
        if self.model is not None and not _is_model(self.model):
            raise EstimationError.bad_setting("model", self.model, "an SCM, or None")

    def attempt(self, case: Case, seed: int | Seed) -> Refutation:
        """Plant, estimate, compare.

        Raises:
            EstimationError: An effect that compares no arms and no model; or a planted effect that
                no 0/1 outcome can have.
        """
        case.contrast()
        start = seeded(seed, "planted truth")
        if self.model is not None:
            return self._modelled(case, self.model, start)
        if case.arms is None:
            raise CheckError.not_for(
                "planted truth",
                case.effect.estimator,
                "it compares no arms whose regressions could make a world",
                "fit a model of the whole graph: PlantedTruth(model=SCM.fit(graph, frame)).",
            )
        stored = Stored.of(case)
        refit = self.refit or stored is None
        count = count_of(self.repetitions, refit, _REFITS)
        world = _World.of(case, case.arms, stored, self.planted, start)
        rng = start.child("worlds").numpy()
        ratio = case.effect.multiplicative
        drawn = (world.drawn(rng) for _ in range(count))
        if refit or stored is None:
            made = self._refits(case, case.arms, world, drawn, start)
        else:
            made = stored.world_readings(_half(world.means), world.outcomes, drawn)
        draws = [value for value, _ in made]
        deviates = [deviate(value, error, world.truth, ratio) for value, error in made]
        how = "refits" if refit else "readings of the stored scores, no refit,"
        return _told(world.truth, draws, deviates, f"{count} {how} by {case.effect.estimator}")

    def _refits(
        self,
        case: Case,
        task: Task,
        world: "_World",
        drawn: Iterable[tuple[Arms, Arms]],
        start: Seed,
    ) -> list[Reading]:
        """The whole recipe in every world."""
        made = []
        for turn, (arm, coin) in enumerate(drawn):
            other = replace(task, arm=arm.astype(np.int_), outcome=world.outcomes(arm, coin))
            one = chosen(case.estimator, self.quick).fit(other, start.child(str(turn)))
            made.append((one.value, one.standard_error))
        return made

    def _modelled(self, case: Case, model: "SCM", start: Seed) -> Refutation:
        """Worlds sampled from a model."""
        truth = _model_truth(case, model, start) if self.planted is None else self.planted
        count = count_of(self.repetitions, True, _REFITS)
        names = set(frames.names(case.frame))
        recipe = case.effect.recipe
        known = recipe.roles.propensity
        if known is not None and known not in model.graph.nodes:
            raise CheckError.not_for(
                "planted truth",
                case.effect.estimator,
                f"the model hands out its own treatments, not those of the propensity {known!r}",
                "leave model= out: the worlds are then made with the known propensities.",
            )
        draws, deviates = [], []
        for turn in range(count):
            place = start.child(str(turn))
            made = model.sample(case.effect.n, seed=place.child("sample"))
            kept = {name: frames.values(made, name) for name in frames.names(made) if name in names}
            world = frames.put(case.frame, kept)
            task: Any = recipe.read(world)
            one = chosen(case.estimator, self.quick).fit(task, place.child("fit"))
            draws.append(one.value)
            deviates.append(
                deviate(one.value, one.standard_error, truth, case.effect.multiplicative)
            )
        how = f"{count} refits by {case.effect.estimator} in samples of a fitted model"
        return _told(truth, draws, deviates, how)


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    """Fitted regressions and propensities as a world, and its true effect."""

    task: Task
    stored: Stored
    means: Matrix
    noise: Matrix
    binary: bool
    truth: float

    @classmethod
    def of(
        cls, case: Case, task: Task, stored: Stored | None, planted: float | None, seed: Seed
    ) -> "_World":
        """The world behind an effect; one of the default learners where there are no scores."""
        flat = stored is not None and np.ptp(stored.outcome, axis=0).max() <= 0.0
        if stored is None or flat:  # no regression of its own, or none that varies
            found = CrossFit(folds=2, repeats=1).fit(task, seed.child("world"))
            e = found.propensity if stored is None else stored.propensity
            stored = Stored.made(task, case.estimator, e, found.outcome, found.splits[0].folds)
        e, means = stored.propensity, stored.outcome
        own = means[np.arange(task.height), task.arm]
        binary = bool(np.isin(task.outcome, (0.0, 1.0)).all())
        target = getattr(case.estimator, "target", EVERYONE)
        contrast = getattr(case.estimator, "contrast", DIFFERENCE)
        share = task.share
        tilt = share * target.tilt(e, task)
        if planted is not None:
            if not isinstance(contrast, Difference):
                raise EstimationError.bad_setting(
                    "planted", planted, "None where the effect is a ratio"
                )
            low, high = task.pair
            shift = planted - float(np.average(means[:, high] - means[:, low], weights=tilt))
            means = means + shift * (np.arange(means.shape[1]) == high)
        if binary:
            means = np.clip(means, 0.005, 0.995)
        values = np.average(means, axis=0, weights=tilt)
        truth, _ = contrast.of(ArmMeans(values, np.zeros_like(means)), task)
        if planted is not None and abs(truth - planted) > 0.05 * max(abs(planted), 1e-9):
            raise EstimationError.bad_setting(
                "planted", planted, f"an effect that probabilities can have, such as {truth:.2g}"
            )
        return cls(task, stored, np.asfortranarray(means), task.outcome - own, binary, truth)

    def drawn(self, rng: np.random.Generator) -> tuple[Arms, Arms]:
        """Treatments of one world, and the coin that decides each row's outcome."""
        arm = self.stored.handed_out(rng)
        if self.binary:
            chance = rng.random(len(arm), dtype=np.float32)
            return arm, (chance < self._mean(arm)).view(np.int8)
        clusters = self.task.clusters
        size = len(arm) if clusters is None else int(clusters.max()) + 1
        coins = np.unpackbits(rng.integers(0, 256, (size + 7) // 8, dtype=np.uint8))[:size]
        return arm, coins if clusters is None else coins[clusters]

    def outcomes(self, arm: Arms, coin: Arms) -> Matrix:
        """The outcome of every row: a 0/1 one is the coin, another has the sign it shows."""
        if self.binary:
            return coin.astype(np.float64)
        mean = self._mean(arm)
        mean += self.noise * (2.0 * coin - 1.0)
        return mean

    def _mean(self, arm: Arms) -> Matrix:
        """The mean outcome of every row in its arm."""
        if self.means.shape[1] > 2:
            return self.means[np.arange(len(arm)), arm]
        mean = arm * (self.means[:, 1] - self.means[:, 0])
        mean += self.means[:, 0]
        return np.asarray(mean, dtype=np.float64)


def _is_model(found: object) -> bool:
    """Whether it is a structural causal model; torch is not loaded to tell what cannot be one."""
    from causalsim.scm.model import SCM

    return isinstance(found, SCM)


def _half(means: Matrix) -> Matrix:
    """Regressions that have learnt half of how the outcome depends on the covariates."""
    middle = means.mean(axis=0)
    return np.asarray(middle + _LEARNT * (means - middle), dtype=np.float64)


def _model_truth(case: Case, model: "SCM", start: Seed) -> float:
    """The average effect when the model is acted upon, from the same noise in both worlds."""
    recipe, estimator = case.effect.recipe, case.estimator
    plain = isinstance(getattr(estimator, "target", EVERYONE), Everyone)
    if not plain or case.effect.multiplicative:
        raise EstimationError.bad_setting(
            "planted", None, "the true effect, for a model and another target than everyone"
        )
    high, low = recipe.high, recipe.low
    if case.arms is None and not isinstance(high, int | float | bool):
        high, low = 1.0, 0.0  # a dose: one unit more
    place = start.child("truth")
    count = max(_WORLD, 4 * case.effect.n)
    means = [
        float(
            frames.numeric(
                model.do({case.treatment: level}).sample(count, seed=place), case.outcome
            ).mean()
        )
        for level in (high, low)
    ]
    return means[0] - means[1]


def _told(truth: float, draws: list[float], deviates: list[float], how: str) -> Refutation:
    """The verdict in words."""
    found = judged(deviates)
    passed = found.p_value >= LEVEL
    mean = float(np.mean(draws))
    verdict = "so it can find it" if passed else "so it does not find it"
    return Refutation(
        name="planted truth",
        estimate=mean,
        expected=truth,
        statistic=found.statistic,
        p_value=found.p_value,
        passed=passed,
        sentence=(
            f"in {len(draws)} worlds like the data with a known effect of {truth:.3g} the "
            f"estimator finds {mean:.3g} on average ({found.words}), {verdict}."
        ),
        draws=tuple(draws),
        settings=how,
    )
