"""The families of distributions among which variational inference looks for the nearest one."""

from dataclasses import dataclass

from causalsim.errors.model import ModelError


@dataclass(frozen=True, slots=True)
class FullRank:
    """A multivariate Normal with all correlations."""


@dataclass(frozen=True, slots=True)
class MeanField:
    """Independent Normals: quicker, but too narrow wherever parameters are correlated."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A Normal bent into shape: skew, heavy or light tails, curved ridges.

    For parameters standard Normal numbers are bent one by one (monotone rational splines), then
    each is shifted and stretched by what came before it (autoregressive), some times over. Of
    hidden noise each unit has a flow of its own, one layer of sinh and arcsinh under a full-rank
    matrix: skew and weight of the tails. Needs more steps than a Normal, and is worth them where
    the posterior is not Normal: k-hat tells.

    Args:
        layers: How many times, for parameters.
        width: How many hidden units the shifts and stretches are computed with.

    Examples:
        >>> Flow()
        Flow(layers=2, width=16)

    References:
        Kingma et al., "Improved variational inference with inverse autoregressive flow" (2016);
        Durkan, Bekasov, Murray and Papamakarios, "Neural spline flows" (2019).
    """

    layers: int = 2
    width: int = 16

    def __post_init__(self) -> None:
        """Check what was given."""
        for name in ("layers", "width"):
            found = getattr(self, name)
            if isinstance(found, bool) or not isinstance(found, int) or found < 1:
                raise ModelError.bad_size(name, found)


Guide = FullRank | MeanField | Flow
