"""The resource faults that a fixture can be about: a closed list, each with a line of text.

Those of `STRIKING` are arranged around a save; the others are done to the files of a save that was good.
"""

from __future__ import annotations

STRIKING: dict[str, str] = {
    "disk_full": "the save writes to a file system of 256 KB, which is smaller than the model",
    "read_only_target": "the save writes to a file system that is mounted read-only",
    "no_permission": "the save writes to a directory without permission to write, as an ordinary user",
    "out_of_memory": "the save gets no more memory than 512 KB",
    "killed_while_saving": "the system kills the process at the byte at which a file is half as long as the largest of a clean save",
}

FAULTS: dict[str, str] = {
    **STRIKING,
    "truncated": "the largest file is cut to half its length after a good save",
    "bit_flipped": "one bit is flipped after a good save, in the middle of the largest weight in the largest file",
    "missing_shard": "the largest data file of a format of several files is deleted after a good save",
}
"""Each fault with a line of text."""
