"""What went wrong, said to the person who can mend it; one module a layer."""

from causalsim.errors.base import CausalsimError
from causalsim.errors.graph import GraphError

__all__ = ["CausalsimError", "GraphError"]
