"""What other systems send, as the `customer.sync` that it means. Pure: JSON in, JSON out."""
