"""A copy of all databases at one moment, and the way back from it."""
