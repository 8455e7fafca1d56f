"""What profile asks of others."""
