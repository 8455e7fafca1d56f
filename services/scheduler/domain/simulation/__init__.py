"""A company that does not exist, day by day, to see whether the rules keep what they promise."""
