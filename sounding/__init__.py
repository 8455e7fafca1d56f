"""The command line of Sounding."""
