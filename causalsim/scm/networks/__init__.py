"""Models whose variables all have levels: exact answers, and networks in files."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.scm.engines.contraction import Contracted as Contracted
    from causalsim.scm.engines.contraction import Contraction as Contraction
    from causalsim.scm.engines.contraction import contract as contract
    from causalsim.scm.engines.contraction import contraction as contraction
    from causalsim.scm.networks.exchange.doors import read_bif as read_bif
    from causalsim.scm.networks.exchange.doors import to_network as to_network
    from causalsim.scm.networks.exchange.doors import write_bif as write_bif
    from causalsim.scm.networks.parallel import Place as Place

_CONTENTS = {
    "Contracted": "causalsim.scm.engines.contraction",
    "Contraction": "causalsim.scm.engines.contraction",
    "Place": "causalsim.scm.networks.parallel",
    "contract": "causalsim.scm.engines.contraction",
    "contraction": "causalsim.scm.engines.contraction",
    "read_bif": "causalsim.scm.networks.exchange.doors",
    "to_network": "causalsim.scm.networks.exchange.doors",
    "write_bif": "causalsim.scm.networks.exchange.doors",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
