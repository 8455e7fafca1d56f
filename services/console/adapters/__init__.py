"""What the console needs of others: services, providers, password hashing, the files of the web app."""
