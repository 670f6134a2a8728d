"""Mechanisms read off a Pyro program: the sample sites, each with a noise of its own."""
