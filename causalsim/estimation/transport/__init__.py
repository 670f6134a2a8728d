"""Effects in one population from a study in another."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.estimation.transport.carrying import Transport as Transport
    from causalsim.estimation.transport.reading import Carried as Carried
    from causalsim.estimation.transport.reading import carried as carried
    from causalsim.estimation.transport.samples import TransportTask as TransportTask

_CONTENTS = {
    "Transport": "causalsim.estimation.transport.carrying",
    "TransportTask": "causalsim.estimation.transport.samples",
    "Carried": "causalsim.estimation.transport.reading",
    "carried": "causalsim.estimation.transport.reading",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
