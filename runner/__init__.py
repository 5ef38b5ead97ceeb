"""Measure which saved TensorFlow models load in which other TensorFlow, and with what result."""

__version__ = "0.1.0"
