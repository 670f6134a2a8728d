"""What the graph claims of the data: independencies, Verma constraints, tetrads."""
