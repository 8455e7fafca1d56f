"""What outbox decides: pure, no clock, no store, no framework."""
