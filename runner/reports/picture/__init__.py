"""The matrix as a picture: a heat map in a few formats' panels, for a README or a slide.

`layout` says what stands where, `draw` makes it an SVG or, of the same SVG, a PNG.
"""
