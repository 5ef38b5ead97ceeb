"""A run as one HTML file that opens from the disk: no request to anywhere, and nothing in it runs but the page's own script.

`data` makes the page's data of a run, `evidence` what a cell opens, `pack` squeezes both, `page` puts them between style and script.
"""
