"""Intervals, where no formula exists."""
