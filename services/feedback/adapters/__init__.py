"""What of feedback speaks to the world outside."""
