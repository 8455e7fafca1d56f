"""The shared plumbing: how services read, write, publish, serve and are watched. It knows no word of the domain."""
