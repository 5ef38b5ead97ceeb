"""The parts of `bench`: what is measured on, the ways that are measured, and the arithmetic of the figures."""
