"""Ways to the noise behind incomplete evidence, one engine a file; any can be asked for by ``by=``.

`causalsim.scm.engines.choosing` takes the first that applies where none is asked for.
"""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.scm.engines.elimination import Elimination as Elimination
    from causalsim.scm.engines.engine import Engine as Engine
    from causalsim.scm.engines.enumeration import Enumeration as Enumeration
    from causalsim.scm.engines.gaussian import Gaussian as Gaussian
    from causalsim.scm.engines.laplace import Laplace as Laplace
    from causalsim.scm.engines.nuts import NUTS as NUTS
    from causalsim.scm.engines.particles import Particles as Particles
    from causalsim.scm.engines.solving import Solving as Solving
    from causalsim.scm.engines.svi import SVI as SVI

_CONTENTS = {
    "NUTS": "causalsim.scm.engines.nuts",
    "SVI": "causalsim.scm.engines.svi",
    "Elimination": "causalsim.scm.engines.elimination",
    "Engine": "causalsim.scm.engines.engine",
    "Enumeration": "causalsim.scm.engines.enumeration",
    "Gaussian": "causalsim.scm.engines.gaussian",
    "Laplace": "causalsim.scm.engines.laplace",
    "Particles": "causalsim.scm.engines.particles",
    "Solving": "causalsim.scm.engines.solving",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
