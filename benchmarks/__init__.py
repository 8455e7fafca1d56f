"""How fast it is, each time beside a reference in the same run."""
