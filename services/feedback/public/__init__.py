"""The public survey page."""
