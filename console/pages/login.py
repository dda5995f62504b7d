"""In and out: the login page, the way out, and the files that any visitor gets."""

import math

from starlette.responses import RedirectResponse, Response

from console.dispatch import COOKIE, NotFound
from console.rendering import STATIC, static_file
from console.request import PageRequest
from console.services import Services
from console.sessions import Session


def show(services: Services, request: PageRequest) -> Response:
    """The login page."""
    return services.page(request, "login.html", wanted=_wanted(request), wrong="")


def sign_in(services: Services, request: PageRequest) -> Response:
    """To where they wanted to go, with a session; or the login page again, which says why."""
    entered = services.sessions.sign_in(request.field("password"), request.address)
    if isinstance(entered, Session):
        inside = RedirectResponse(_wanted(request), 303)
        inside.set_cookie(
            COOKIE, entered.token, path="/console", secure=request.https, httponly=True, samesite="strict"
        )
        return inside
    if entered is None:
        return services.page(request, "login.html", 403, wanted=_wanted(request), wrong="That is not the password.")
    seconds = math.ceil(entered / 1000)
    wrong = f"Too many tries: the next one may come in {seconds} s."
    answer = services.page(request, "login.html", 429, wanted=_wanted(request), wrong=wrong)
    answer.headers["retry-after"] = str(seconds)
    return answer


def sign_out(services: Services, request: PageRequest) -> Response:
    """Out, in every process."""
    if request.session is not None:
        services.sessions.sign_out(request.session)
    answer = RedirectResponse("/console/login", 303)
    answer.delete_cookie(COOKIE, path="/console")
    return answer


def static(services: Services, request: PageRequest) -> Response:
    """A style sheet, a script, an icon; the address changes with the content, so it may be kept."""
    del services
    name = request.path["name"]
    if name not in STATIC:
        raise NotFound("There is no such file.")
    kept = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(static_file(name), media_type=STATIC[name], headers=kept)


def _wanted(request: PageRequest) -> str:
    """Where they wanted to go: a page of the console, whatever somebody wrote there."""
    wanted = request.field("next")
    fits = wanted.startswith("/console/") and not any(mark in wanted for mark in ("\\", "//", "\n", "\r"))
    return wanted if fits and wanted != "/console/login" else "/console"
