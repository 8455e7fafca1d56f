"""A small company to look around in; its data lies beside this file."""
