"""The audit log of reveals: record one, and show who was shown personal data of dead letters, by console or command."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from console.request import PageRequest
from console.services import Services
from operations.audit import note_reveal, past_reveals
from operations.dead_letters.store import DeadLetterStore

SHOWN: Final = 200


def show(services: Services, request: PageRequest) -> Response:
    """Show the newest reveals."""
    entries = past_reveals(services.store())
    return services.page(request, "dead_letters/reveals.html", reveals=entries[:SHOWN], more=len(entries) - SHOWN)


def record_reveal(store: DeadLetterStore, request: PageRequest, command: str, ids: Sequence[str]) -> None:
    """Write to the audit log that this session is shown these dead letters unmasked."""
    who = f"console session {request.session.name}" if request.session else "console"
    note_reveal(store, who, request.address, command, ids)
