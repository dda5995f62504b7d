"""Sign in and out, and serve the static files, which need no session."""

import math

from starlette.responses import RedirectResponse, Response

from console.dispatch import COOKIE, LOGIN, NotFound
from console.rendering import STATIC, static_file
from console.request import PageRequest
from console.services import Services
from console.sessions import Session


def show(services: Services, request: PageRequest) -> Response:
    """Show the login page."""
    return _page(services, request)


def sign_in(services: Services, request: PageRequest) -> Response:
    """Start a session and redirect to the requested page, or show the login page with the problem."""
    result = services.sessions.sign_in(request.field("password"), request.address)
    if isinstance(result, Session):
        answer = RedirectResponse(_target(request), 303)
        answer.set_cookie(COOKIE, result.token, path="/console", secure=request.https, httponly=True, samesite="strict")
        return answer
    if result is None:
        return _page(services, request, 403, "The password is wrong.")
    seconds = math.ceil(result / 1000)
    page = _page(services, request, 429, f"Too many attempts. Try again in {seconds} s.")
    page.headers["retry-after"] = str(seconds)
    return page


def sign_out(services: Services, request: PageRequest) -> Response:
    """End the session in every process."""
    if request.session is not None:
        services.sessions.sign_out(request.session)
    answer = RedirectResponse(LOGIN, 303)
    answer.delete_cookie(COOKIE, path="/console")
    return answer


def static(services: Services, request: PageRequest) -> Response:
    """Return a static file. Its URL changes with its content, so browsers may cache it without limit."""
    del services
    name = request.path["name"]
    if name not in STATIC:
        raise NotFound("There is no such file.")
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(static_file(name), media_type=STATIC[name], headers=headers)


def _page(services: Services, request: PageRequest, status: int = 200, problem: str = "") -> Response:
    return services.page(request, "login.html", status, target=_target(request), problem=problem)


def _target(request: PageRequest) -> str:
    """Return the page to open after signing in: a page of the console, whatever the field `next` says."""
    target = request.field("next")
    is_page = target.startswith("/console/") and not any(text in target for text in ("\\", "//", "\n", "\r"))
    return target if is_page and target != LOGIN else "/console"
