"""Imports of old answers: what was sent, how far each is, and the rows that were refused."""

from commons.file_imports import FileImports
from services.feedback.domain.importing import Import, State
from services.feedback.store.collections import IMPORT_FAULTS

imports = FileImports(Import, rows=IMPORT_FAULTS, working=(State.RUNNING,))
