"""Ways to the noise behind incomplete evidence, one engine a file."""
