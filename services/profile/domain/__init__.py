"""What profile decides: pure, no clock, no store, no framework."""
