"""What can be done in profile."""
