"""What can go wrong while infrastructure is brought up, said so that a person can act on it."""


class InfrastructureError(Exception):
    """A part could not be brought up; the message names the cause and the ways out."""


class PortTakenError(InfrastructureError):
    """Somebody else listens on a port that was asked for."""


class StartError(InfrastructureError):
    """A process ended, or was not ready in time."""
