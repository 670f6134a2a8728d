"""Posteriors of mechanisms: priors, likelihoods, and the engines that turn them into draws."""
