"""Models as straight-line code: float32, and fused by ``torch.compile``, by choice."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.scm.compiling.compiled import Compiled as Compiled

_CONTENTS = {"Compiled": "causalsim.scm.compiling.compiled"}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
