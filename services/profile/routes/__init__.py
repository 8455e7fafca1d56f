"""Profile over HTTP."""

from services.profile.routes import customers

ROUTERS = [customers.router]
