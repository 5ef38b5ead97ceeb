"""Files that a load does not read to their end: cut off, changed on the way, or put together of two saves."""

from __future__ import annotations

from runner.rules.base import Rule, pattern

DAMAGED = (
    Rule(
        name="keras-file-of-old-format",
        cause="a .keras file that is no zip archive: it was written before the format existed",
        class_="format-changed",
        remedy="rename it to .h5: before TensorFlow 2.13, model.save('x.keras') wrote another format than today",
        pattern=pattern(r"accessible `\.keras`", r"File is not a zip file"),
        producer=("tensorflow<2.13",),
    ),
    Rule(
        name="keras-file-damaged",
        cause="the .keras file is no whole zip archive: it is cut off or damaged, or it does not lie there",
        class_="damage",
        remedy="look with `unzip -t model.keras`; copy it anew and compare checksums, else save it again",
        pattern=pattern(r"accessible `\.keras`", r"BadZipFile: ([^\n]{1,120})"),
    ),
    Rule(
        name="checkpoint-damaged",
        cause="the checkpoint is damaged: its .data file is not the one that its .index was written for (changed on the way, half copied,"
        " or of another save), or the .index is cut off",
        class_="damage",
        remedy="copy .index and all .data files of one and the same save anew and compare checksums; while a training job writes, take a"
        " checkpoint that is no longer written to",
        pattern=pattern(r"(Checksum does not match)", r"(not an sstable)", r"(Data loss: [^\n]{1,80})", r"(corrupted record)"),
    ),
)
