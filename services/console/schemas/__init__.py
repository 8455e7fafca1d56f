"""The bodies of console's HTTP API."""
