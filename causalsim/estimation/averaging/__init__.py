"""For whom an effect is averaged, what is contrasted, and how arm means become an effect."""
