"""Learning without uncertainty: the parameters under which the rows are most likely."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MaximumLikelihood:
    """One value for each parameter, without priors; what `SCM.fit` does if nothing is said.

    >>> MaximumLikelihood()
    MaximumLikelihood()
    """
