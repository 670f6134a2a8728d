"""Worlds side by side: one set of noises, what differs copied, what does not shared."""
