"""What went wrong, said to the person who can mend it; one module a layer."""

from causalsim.errors.base import CausalsimError
from causalsim.errors.graph import GraphError
from causalsim.errors.query import ExpressionError, QueryError

__all__ = ["CausalsimError", "ExpressionError", "GraphError", "QueryError"]
