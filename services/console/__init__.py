"""The console service: people sign in here, and reach every other service from here."""
