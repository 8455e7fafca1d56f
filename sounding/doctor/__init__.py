"""What `sounding doctor` looks at."""
