"""Ways to a model: equations, a Pyro program, a network; and that it agrees with its graph."""
