"""Files and pgmpy networks as models, and models as files and pgmpy networks."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from causalsim.scm.model import SCM
from causalsim.scm.networks.exchange.bif import bif_text
from causalsim.scm.networks.exchange.conversion import (
    Ties,
    mechanisms_of,
    network_of,
    pgmpy_network,
    read_bif_network,
)

if TYPE_CHECKING:
    from pgmpy.models import DiscreteBayesianNetwork


def read_bif(path: str | Path, *, coupling: Ties | Mapping[str, Ties] | None = None) -> SCM:
    """The model in a file in the Bayesian Interchange Format.

    Args:
        path: The file, as text (not ``.bif.gz``).
        coupling: How values are tied to noises, as for `SCM.from_network`; it is printed in
            ``model.equations``.

    Raises:
        NetworkError: A file that cannot be read, with the line and what is wrong there.
        FileNotFoundError: There is no such file.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "coin.bif"
        ...     _ = path.write_text('''network coin { }
        ...     variable x { type discrete [ 2 ] { heads, tails }; }
        ...     probability ( x ) { table 0.5, 0.5; }''')
        ...     print(read_bif(path).equations)
        x = level of {heads < tails} at U_x under (0.5, 0.5),  U_x ~ Uniform(0, 1)
    """
    return SCM(*mechanisms_of(read_bif_network(path), coupling))


def write_bif(model: SCM, path: str | Path) -> None:
    """Write the tables of a model over levels as a BIF file.

    Reading it gives the same tables, number for number. What a BIF cannot hold is lost: how values
    are tied to noises, and that levels were numbers (they come back as names).

    Args:
        model: Every variable has levels.
        path: The file.

    Raises:
        ContractionError: A variable without levels.
        NetworkError: A name that the format cannot hold.
    """
    Path(path).write_text(bif_text(network_of(model.graph, model.mechanisms)), encoding="utf-8")


def to_network(model: SCM) -> "DiscreteBayesianNetwork":
    """A model over levels as a pgmpy network; how values are tied to noises is lost.

    A hidden noise that several equations read becomes a latent variable of the network.

    Raises:
        ContractionError: A variable without levels.

    >>> from causalsim import Graph
    >>> from causalsim.scm import frequencies
    >>> coin = SCM(Graph([], nodes=["x"]), {"x": frequencies({"heads": 0.5, "tails": 0.5})})
    >>> to_network(coin).get_cpds("x").state_names  # doctest: +SKIP
    {'x': ['heads', 'tails']}
    """
    return pgmpy_network(network_of(model.graph, model.mechanisms))
