"""Models as files: JSON and safetensors, an exact round trip, and never any code."""
