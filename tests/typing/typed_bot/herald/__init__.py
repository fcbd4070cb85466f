"""A typed bot, as a user of the installed package would write it. It is checked, never run."""
