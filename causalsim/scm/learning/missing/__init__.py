"""Cells without a value while fitting: latent, given what the model says about them."""
