"""What can be done in scheduler."""
