"""profile: who the customers are."""
