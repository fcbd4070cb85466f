"""What the site needs beyond Sphinx: how signatures are shown, and its pictures."""
