"""Groups that are alike but not the same: the recipe for partial pooling."""

from dataclasses import dataclass

from causalsim.scm.domain import Levels, Real
from causalsim.scm.learning.engines.mode import climb
from causalsim.scm.learning.likelihoods.pooled import PooledGaussian, Restricted
from causalsim.scm.learning.likelihoods.pooled_glm import MOST_VARYING, Likely, PooledGlm
from causalsim.scm.learning.priors import Prior
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.continuous.additive import Linear
from causalsim.scm.mechanisms.discrete.counts import PoissonRegression
from causalsim.scm.mechanisms.discrete.threshold import Logit
from causalsim.scm.recipe import Rows

Line = Linear | Logit | PoissonRegression


@dataclass(frozen=True, slots=True)
class Pooled:
    """The recipe for a line whose intercept, and slopes if wanted, vary between groups.

    ``η = α + a_g + Σ (β_j + b_gj) pa_j``, with ``a_g ~ Normal(0, τ_0)``, ``b_gj ~ Normal(0, τ_j)``
    independent of each other at average parents; ``x = η + U``, ``U ~ Normal(0, σ)`` for numbers,
    log-odds ``η`` for two levels, log rate ``η`` for counts. What a group differs by is learnt from
    its own rows as far as they go and from the other groups beyond that (partial pooling): small
    groups are drawn towards the average, and a group without rows is expected to be average. The
    group is a cause of the variable: an arrow leads from it.

    Without a posterior the variances of a line with Normal noise are those of restricted maximum
    likelihood, those of log-odds and log rates of maximum likelihood; the groups are their means
    given these (for Normal noise the best linear unbiased predictions). With `Laplace`, `SVI` or
    `NUTS` all of it is uncertain; groups are integrated out of the density of ``σ`` and the ``τ``,
    so no engine meets the funnel between groups and their spread.

    Args:
        by: The variable that names the group; it has levels, such as names.
        slopes: The parents whose slopes vary between groups too.
        of: What varies: `Linear`, `Logit` or `PoissonRegression`; None for a line where the
            variable is continuous and log-odds where it is binary.

    Examples:
        >>> print(Pooled(by="site", slopes=("dose",)))
        line with intercept and slope of dose pooled over site
        >>> print(Pooled(by="site", of=PoissonRegression()))
        Poisson regression with intercept pooled over site

    References:
        Gelman and Hill, *Data Analysis Using Regression and Multilevel/Hierarchical Models*
        (2007), chapters 12 to 15; Harville, "Maximum likelihood approaches to variance component
        estimation" (1977).
    """

    by: str
    slopes: tuple[str, ...] = ()
    of: Line | None = None

    def refuses(self, rows: Rows) -> str:
        """A group that is no parent or has no levels, slopes in what is no number."""
        line: object = self.of
        if line is not None and not isinstance(line, Linear | Logit | PoissonRegression):
            return f"of={line!r} is none of Linear(), Logit(), PoissonRegression()"
        if reason := self._refuses_values(rows):
            return reason
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
        """The spreads between groups of greatest likelihood, and the groups' means given them."""
        part = self.learnable(rows, Prior())
        hill = Restricted(part) if isinstance(part, PooledGaussian) else Likely(part)
        return part.mechanism(part.expected(climb(hill)[0]))

    def learnable(self, rows: Rows, prior: Prior) -> PooledGaussian | PooledGlm:
        """The likelihood, with a prior."""
        line = self._line(rows)
        if isinstance(line, Linear):
            return PooledGaussian.made(rows, self.by, self.slopes, prior)
        counts = isinstance(line, PoissonRegression)
        return PooledGlm.made(rows, self.by, self.slopes, prior, counts=counts)

    def __str__(self) -> str:
        """In a few words."""
        varying = ["intercept", *(f"slope of {name}" for name in self.slopes)]
        what = "line" if self.of is None or isinstance(self.of, Linear) else str(self.of)
        return f"{what} with {' and '.join(varying)} pooled over {self.by}"

    def _line(self, rows: Rows) -> Line | None:
        """What varies between groups; None where the variable does not tell."""
        if self.of is not None or isinstance(rows.domain, Real):
            return self.of or Linear()
        return Logit() if len(getattr(rows.domain, "levels", ())) == 2 else None

    def _refuses_values(self, rows: Rows) -> str:
        """Why what varies does not go with the variable's values."""
        line = self._line(rows)
        if line is None:
            return (
                f"it is {rows.domain}, neither continuous nor binary; of=PoissonRegression() pools "
                "counts"
            )
        if isinstance(line, Logit) and len(getattr(rows.domain, "levels", ())) != 2:
            return f"it is {rows.domain}; log-odds are pooled for two levels"
        if not isinstance(line, Linear) and 1 + len(self.slopes) > MOST_VARYING:
            return f"{len(self.slopes)} slopes vary; {line} pools at most {MOST_VARYING - 1}"
        return line.refuses(rows)
