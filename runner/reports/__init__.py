"""From a run to something a person or a program reads: first pivoted into tables, then rendered. Nothing here judges."""
