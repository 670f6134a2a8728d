"""What would have been: the noise behind rows, and the rows as they would be in other worlds."""
