"""What can be seen at the console."""
