"""Feedback over HTTP, for the console and internal systems."""

from services.feedback.routes import figures, responses

ROUTERS = [responses.router, figures.router]
