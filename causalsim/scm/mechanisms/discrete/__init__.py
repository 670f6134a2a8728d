"""Mechanisms whose values are levels or counts."""
