"""What outbox speaks to: templates and mail servers."""
