"""What mechanisms are made of: predictors, chances of levels, distributions over levels."""
