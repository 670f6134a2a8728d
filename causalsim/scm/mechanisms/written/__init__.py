"""Mechanisms made of functions that a user wrote."""
