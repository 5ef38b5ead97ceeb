"""What `doctor` looks at, and what it makes of that: collected with care in `docker_side` and `local_side`, judged in `findings`."""
