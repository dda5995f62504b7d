"""Who was shown personal data of dead letters: the console's visitors and the commands' users alike."""

from typing import Final

from starlette.responses import Response

from console.request import PageRequest
from console.services import Services
from operations.audit import past_reveals

SHOWN: Final = 200


def show(services: Services, request: PageRequest) -> Response:
    """The newest entries."""
    kept = past_reveals(services.store())
    return services.page(request, "dead_letters/reveals.html", reveals=kept[:SHOWN], more=len(kept) - SHOWN)
