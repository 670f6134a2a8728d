"""How strong an instrument is, and what the data say of an effect however weak it may be."""

from typing import Any, Protocol, runtime_checkable

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.estimation.instruments.confidence import Confidence, compatible
from causalsim.estimation.instruments.moments import Moments
from causalsim.seeds import Seed

_WEAK = 10.0


@runtime_checkable
class Instrumental(Protocol):
    """An estimator that goes through instruments."""

    def moments(self, task: Any, seed: int | Seed) -> Moments:  # noqa: ANN401
        """What the instruments say."""


def moments_of(effect: Effect, frame: Any) -> Moments:  # noqa: ANN401
    """The moments that an effect was estimated from, made again with the same seed.

    Args:
        effect: An effect by `LATE`, `PLIV`, `TwoStage`, or `Covariances` through one instrument.
        frame: The rows it was estimated from.

    Raises:
        EstimationError: The effect does not rest on instruments, or on other rows.
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    by = effect.recipe.estimator
    if effect.recipe.answer is None or not isinstance(by, Instrumental):
        raise EstimationError.no_instrument(str(effect.recipe.query))
    task = effect.recipe.read(frame)
    if task.digest != effect.recipe.digest:
        raise EstimationError.other_frame()
    return by.moments(task, effect.recipe.seed)


def anderson_rubin(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    level: float = 0.95,
) -> Confidence:
    """The values of an instrumental-variable effect that the data do not reject.

    For a value ``b`` the moments ``mean(Z (Y - b X))``, all given the covariates, are zero if ``b``
    is the effect; the set holds every ``b`` at which they are within chance of zero. It may be an
    interval, the whole line, or all but an interval; it has its level whatever the instrument's
    strength. For an effect among compliers ``Z Y`` and ``Z X`` are the scores of the two effects
    of the instrument, whose ratio it is (Fieller's set). With several instruments it also tests
    whether they agree, and is empty where no effect suits them all.

    Args:
        effect: An effect by `LATE`, `PLIV`, `TwoStage`, or `Covariances` through one instrument.
        frame: The rows it was estimated from; the nuisances are fitted again, with the same seed.
        level: The confidence level.

    Raises:
        EstimationError: The effect does not rest on instruments, or on other rows.

    References:
        T. Anderson, H. Rubin (1949), Estimation of the parameters of a single equation in a
        complete system of stochastic equations, Annals of Mathematical Statistics 20.
        E. Fieller (1954), Some problems in interval estimation, JRSS B 16.
    """
    return compatible(moments_of(effect, frame), level)


def weakness(moments: Moments) -> tuple[str, ...]:
    """What must be said of an instrument that hardly moves the treatment, or nothing.

    Its F is the square of the t-value of the first stage; below 10 the normal interval of the
    effect may be far from its level (Staiger and Stock 1997).
    """
    if moments.strength >= _WEAK:
        return ()
    names = ", ".join(moments.instruments)
    said = "weak instrument" if moments.count == 1 else "weak instruments"
    return (
        f"{said}: the first-stage F of {names} on {moments.treatment} is {moments.strength:.1f}, "
        "below 10, so that the interval is not to be trusted; anderson_rubin(effect, frame) gives "
        f"one that is: {compatible(moments)}",
    )
