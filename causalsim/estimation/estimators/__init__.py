"""One file for each family of estimators."""
