"""Its extensions."""
