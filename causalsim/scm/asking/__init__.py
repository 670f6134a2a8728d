"""Questions of all rungs, answered by a structural causal model."""
