"""The HTTP bodies of scheduler."""
