"""One file a likelihood: what the rows say about the parameters of one mechanism."""
