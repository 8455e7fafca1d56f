"""What decides who is surveyed when."""
