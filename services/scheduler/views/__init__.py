"""What can be seen in scheduler."""
