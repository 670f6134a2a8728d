"""One file an engine: from a prior and a likelihood to draws of the parameters."""
