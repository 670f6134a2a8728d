"""How a graph is written down: our arrows, and every notation the field uses."""
