"""A stand-in for stoat, for the pages that name it."""
