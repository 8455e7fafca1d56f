"""CSV imports: what was sent, how far each is, and the rows that were refused or doubled."""

from commons.file_imports import FileImports
from services.profile.domain.importing import Import, State
from services.profile.store.collections import IMPORT_ROWS

imports = FileImports(Import, rows=IMPORT_ROWS, working=(State.RUNNING, State.UNDOING))
