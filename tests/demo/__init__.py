"""The main job where a person can watch it, on real servers made for it."""
