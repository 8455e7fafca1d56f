"""What feedback decides: pure, no clock, no store, no framework."""
