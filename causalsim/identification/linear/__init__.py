"""What linearity adds: path coefficients from covariances."""
