"""Groups that are alike but not the same: the recipe for partial pooling."""

from dataclasses import dataclass

from causalsim.scm.domain import Levels, Real
from causalsim.scm.learning.engines.mode import climb
from causalsim.scm.learning.likelihoods.pooled import PooledGaussian, Restricted
from causalsim.scm.learning.priors import Prior
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.recipe import Rows


@dataclass(frozen=True, slots=True)
class Pooled:
    """The recipe for a line whose intercept, and slopes if wanted, vary between groups.

    ``x = α + a_g + Σ (β_j + b_gj) pa_j + U``, with ``a_g ~ Normal(0, τ_0)``,
    ``b_gj ~ Normal(0, τ_j)`` independent of each other at average parents, ``U ~ Normal(0, σ)``.
    What a group differs by is learnt from its own rows as far as they go and from the other groups
    beyond that (partial pooling): small groups are drawn towards the average. The group is a
    cause of the variable: an arrow leads from it.

    Without a posterior the variances are those of restricted maximum likelihood, the groups' best
    linear unbiased predictions. With `Laplace`, `SVI` or `NUTS` all of it is uncertain;
    coefficients and groups are integrated out of the density of ``σ`` and the ``τ``, so no engine
    meets the funnel between groups and their spread.

    Args:
        by: The variable that names the group; it has levels, such as names.
        slopes: The parents whose slopes vary between groups too.

    Examples:
        >>> print(Pooled(by="site", slopes=("dose",)))
        line with intercept and slope of dose pooled over site

    References:
        Gelman and Hill, *Data Analysis Using Regression and Multilevel/Hierarchical Models*
        (2007), chapters 12 and 13; Harville, "Maximum likelihood approaches to variance component
        estimation" (1977).
    """

    by: str
    slopes: tuple[str, ...] = ()

    def refuses(self, rows: Rows) -> str:
        """A group that is no parent or has no levels, slopes in what is no number."""
        if not isinstance(rows.domain, Real):
            return f"it is {rows.domain}, not continuous"
        if self.by not in rows.parents:
            return f"the group {self.by!r} is none of its parents, so draw {self.by} -> {rows.node}"
        if not isinstance(rows.domains[self.by], Levels):
            return f"the group {self.by!r} is continuous; turn it into names"
        for name in self.slopes:
            if name == self.by or name not in rows.parents:
                return f"{name!r} is none of its other parents, so its slope cannot vary"
            if getattr(rows.domains[name], "named", False):
                return f"{name!r} has names, so it has no slope that could vary"
        return ""

    def fit(self, rows: Rows) -> Mechanism:
        """Restricted maximum likelihood, and the groups' means given it."""
        part = self.learnable(rows, Prior())
        at = climb(Restricted(part))[0]
        return part.mechanism(part.expected(at))

    def learnable(self, rows: Rows, prior: Prior) -> PooledGaussian:
        """The likelihood, with a prior."""
        return PooledGaussian.made(rows, self.by, self.slopes, prior)

    def __str__(self) -> str:
        """In a few words."""
        varying = ["intercept", *(f"slope of {name}" for name in self.slopes)]
        return f"line with {' and '.join(varying)} pooled over {self.by}"
