"""Many recordings into one catalogue: found, counted in supervised processes, and kept row by row."""
