"""Which slot a run waits for."""
