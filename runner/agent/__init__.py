"""The program inside an environment: it imports TensorFlow once and saves and loads models in forked children.

An island: standard library, NumPy and TensorFlow only, Python 3.6 to 3.13, imported by nothing of the runner.
"""
