"""From an answer and a frame to roles and arrays: arms, doses, counts."""
