"""outbox: every survey sent, and who may be mailed at all."""
