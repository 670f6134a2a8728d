"""Random examples are the same in every run: a law that fails once fails until it is mended."""

from hypothesis import settings

settings.register_profile("the same everywhere", derandomize=True, deadline=None)
settings.load_profile("the same everywhere")
