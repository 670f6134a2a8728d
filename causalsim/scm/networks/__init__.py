"""Models whose variables all have levels: parallel worlds as tables, and networks in files."""
