"""What if something goes wrong."""
