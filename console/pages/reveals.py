"""Who was shown personal data of dead letters: the console's visitors and the commands' users alike."""

from typing import Final

from starlette.responses import Response

from console.desk import Desk
from console.visit import Visit
from operations.audit import past_reveals

SHOWN: Final = 200


def show(desk: Desk, visit: Visit) -> Response:
    """The newest entries."""
    kept = past_reveals(desk.store())
    return desk.page(visit, "reveals.html", reveals=kept[:SHOWN], more=len(kept) - SHOWN)
