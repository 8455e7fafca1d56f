"""The HTTP bodies of profile."""
