"""When: pure calculations."""
