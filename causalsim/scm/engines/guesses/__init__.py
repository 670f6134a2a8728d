"""What is done with guesses: weighed, moved, corrected, spread evenly, drawn."""
