"""Learning without uncertainty: the parameters under which the rows are most likely."""

from dataclasses import dataclass

from causalsim.errors.inference import InferenceError
from causalsim.errors.model import ModelError
from causalsim.scm.engines.engine import Engine

_FEWEST_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class MaximumLikelihood:
    """One value for each parameter, without priors; what `SCM.fit` does if nothing is said.

    Missing cells are latent: of all parameters those are taken under which what was observed is
    most likely. That is right where whether a cell is missing depends on observed cells only
    (missing at random), and biased where it depends on the missing value itself. What is missing
    and enters linearly with Normal noise is dealt with exactly, by EM; else missing cells are drawn
    by abduction, round by round, and mechanisms fitted to the draws (stochastic EM). The model's
    ``why`` and ``table()`` say which, and whether it came to rest.

    Args:
        rounds: How many rounds of draws where EM has no closed form; the second half is kept.
        engine: What infers the missing cells, such as ``Particles(2_000)``; None for the cheapest
            exact engine, else particles. An engine that is named is used wherever cells are
            missing, in place of exact EM too.

    Examples:
        >>> MaximumLikelihood()
        MaximumLikelihood(rounds=80, engine=None)

    References:
        Rubin, "Inference and missing data" (1976); Dempster, Laird and Rubin, "Maximum likelihood
        from incomplete data via the EM algorithm" (1977); Nielsen, "The stochastic EM algorithm"
        (2000).
    """

    rounds: int = 80
    engine: Engine | None = None

    def __post_init__(self) -> None:
        """Check what was given."""
        found = self.rounds
        if isinstance(found, bool) or not isinstance(found, int) or found < _FEWEST_ROUNDS:
            raise ModelError.bad_parameter("rounds", found, f"at least {_FEWEST_ROUNDS}")
        if self.engine is not None and (
            isinstance(self.engine, type) or not isinstance(self.engine, Engine)
        ):
            raise InferenceError.not_an_engine(self.engine)
