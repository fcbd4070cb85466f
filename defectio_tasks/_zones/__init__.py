"""One wall time to one instant: pure calculations."""
