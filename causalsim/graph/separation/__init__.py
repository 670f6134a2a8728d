"""Which variables does the graph separate: paths, separators, and the criterion itself."""
