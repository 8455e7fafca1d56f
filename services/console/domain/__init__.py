"""The rules of the console: who may do what."""
