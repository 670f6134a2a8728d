"""estimand."""
