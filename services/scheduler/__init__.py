"""scheduler: who is surveyed when, and why."""
