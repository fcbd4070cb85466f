"""A stand-in for discord, for the pages that name it."""
