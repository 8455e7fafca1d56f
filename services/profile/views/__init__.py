"""What can be seen in profile."""
