"""How wide a text is in the font of the pictures, without a library that reads fonts: its advances, in thousandths of the size."""

from __future__ import annotations

_LETTERS = {
    275: "'", 278: "ijl", 295: "IJ", 318: " ,.·", 337: "/:;\\|", 352: "f", 361: "-", 390: "()[]", 392: "t", 401: "!",
    411: "r", 460: '"', 500: "*_`\N{EN DASH}", 521: "s", 525: "z", 531: "?", 550: "c", 557: "L", 575: "F", 579: "k",
    592: "vxy", 603: "P", 611: "TY", 612: "ao", 615: "e", 632: "E", 635: "Sbdghnpqu", 636: "$0123456789{}", 656: "K", 685: "AVXZ",
    686: "B", 695: "R", 698: "C", 732: "U", 748: "N", 752: "H", 770: "D", 775: "G", 780: "&", 787: "OQ", 818: "w",
    838: "#+<=>^~", 863: "M", 950: "%", 974: "m", 989: "W", 1000: "@…",
}  # fmt: skip
_ADVANCES = {letter: advance / 1000 for advance, letters in _LETTERS.items() for letter in letters}
_OTHER = 0.85
"""What the font does not have: rather too much."""

_BOLD = 1.15
"""So much wider is the bold font: rather too much."""


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text in pixels."""
    return sum(_ADVANCES.get(letter, _OTHER) for letter in text) * size * (_BOLD if bold else 1)
