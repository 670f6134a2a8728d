"""Questions about several worlds at once."""
