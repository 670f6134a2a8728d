"""Propensities and outcome regressions, predicted for rows that the models never saw."""
