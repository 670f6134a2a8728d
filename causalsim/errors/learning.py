"""What can go wrong when mechanisms are learnt with uncertainty."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import did_you_mean, listed
from causalsim.errors.model import ModelError


class LearningError(ModelError):
    """A prior, a family or an engine that do not go together, or draws that cannot be trusted."""

    @classmethod
    def unlearnable(cls, node: str, family: str) -> Self:
        """A family of mechanisms without a likelihood here."""
        return cls(
            f"The mechanism of {node!r} ({family}) can be fitted, but not with a posterior.",
            f"choose one of the families that can: using={{{node!r}: Linear()}}, Splines, Logit, "
            "Ordinal, Frequencies, PoissonRegression or Pooled.",
        )

    @classmethod
    def rarely_together(cls, node: str, parents: Iterable[str], found: int, needed: int) -> Self:
        """A variable and its causes that are hardly ever observed in one row."""
        names = listed(repr(name) for name in (node, *parents))
        return cls(
            f"Only {found} rows have values in all of {names}; at least {needed} are needed to "
            f"learn how {node!r} comes about.",
            "no rows show what depends on what: find more rows, or leave the variable with the "
            "fewest values out of the graph.",
        )

    @classmethod
    def not_conjugate(cls, node: str, reason: str) -> Self:
        """A posterior without closed form."""
        return cls(
            f"The posterior of {node!r} has no closed form: {reason}.",
            "type by=Laplace(), which keeps closed forms where they exist, or by=NUTS().",
        )

    @classmethod
    def unused_prior(cls, node: str, field: str, family: str) -> Self:
        """A prior for a parameter that the family does not have."""
        return cls(
            f"The prior of {node!r} names {field}, which its mechanism ({family}) does not have.",
            f"leave {field} out, or choose another family in using={{...}}.",
        )

    @classmethod
    def unknown_slope(cls, node: str, name: str, parents: Iterable[str]) -> Self:
        """A prior for the slope in something that is no parent."""
        return cls(
            f"The prior of {node!r} names a slope in {name!r}, which is none of its parents.",
            did_you_mean(name, parents, "its parents are"),
        )

    @classmethod
    def bad_prior(cls, node: str, field: str, found: object, needed: str) -> Self:
        """A prior of the wrong kind."""
        return cls(
            f"The prior of {node!r} has {field} = {found!r}.", f"give {field} as one of {needed}."
        )

    @classmethod
    def bad_learner(cls, found: object) -> Self:
        """Something given as `by` that is no engine."""
        return cls(
            f"by={found!r} ({type(found).__name__}) is no way of learning.",
            "give one of MaximumLikelihood(), Conjugate(), Laplace(), SVI(), NUTS().",
        )

    @classmethod
    def needs_complete_rows(cls, found: object) -> Self:
        """A way of learning that does not draw missing cells."""
        return cls(
            f"by={found!r} does not learn from rows with missing cells.",
            "type by=Laplace() or by=Conjugate(), which draw cells and parameters in turn; or "
            "leave by= out for the greatest likelihood.",
        )

    @classmethod
    def priors_without_posterior(cls) -> Self:
        """Priors given to maximum likelihood."""
        return cls(
            "Maximum likelihood reads no priors.",
            "type by=Laplace(), or another engine that gives a posterior.",
        )

    @classmethod
    def no_mode(cls, node: str, found: float) -> Self:
        """A posterior whose mode Newton's method did not find."""
        return cls(
            f"No mode of the posterior of {node!r} was found (gradient {found:.3g}).",
            "give narrower priors, leave collinear parents out, or type by=NUTS().",
        )

    @classmethod
    def no_backend(cls, name: str) -> Self:
        """An engine whose package is not installed."""
        return cls(f"{name} is not installed.", f"pip install 'causalsim[{name.lower()}]'.")

    @classmethod
    def stuck(cls, node: str) -> Self:
        """Draws that are not numbers."""
        return cls(
            f"The draws for {node!r} are not finite.",
            "give narrower priors, or bring its parents to comparable scales.",
        )

    @classmethod
    def unknown_parameter(cls, name: str, names: Iterable[str]) -> Self:
        """A parameter that the posterior does not have."""
        found = list(names)
        return cls(
            f"The posterior has no parameter {name!r}.",
            did_you_mean(name, found, "its parameters are"),
        )
