"""Mechanisms whose values are continuous, or continuous with point masses."""
