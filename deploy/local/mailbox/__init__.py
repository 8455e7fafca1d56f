"""A catch-all mail server for local use, with a page and a JSON API to read what arrived."""
