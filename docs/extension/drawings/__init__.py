"""One room for each picture of the site, and how all of them look."""
