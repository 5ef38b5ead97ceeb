"""The nightly run: what is new is found, locked, run, compared with the last night, told, and old nights go."""
