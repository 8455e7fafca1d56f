"""feedback: every answer."""
