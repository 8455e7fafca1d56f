"""What the console does."""

from services.console.commands.live import note_changes

__all__ = ["note_changes"]
