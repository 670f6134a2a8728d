"""What is left of a block to be guessed: coordinates, their density, what has a closed form."""
