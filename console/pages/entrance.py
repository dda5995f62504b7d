"""In and out: the login page, the way out, and the files that any visitor gets."""

import math

from starlette.responses import RedirectResponse, Response

from console.desk import Desk
from console.reception import COOKIE, NotThere
from console.sessions import Session
from console.visit import Visit
from console.writing import STATIC, static_file


def show(desk: Desk, visit: Visit) -> Response:
    """The login page."""
    return desk.page(visit, "login.html", wanted=_wanted(visit), wrong="")


def enter(desk: Desk, visit: Visit) -> Response:
    """To where they wanted to go, with a session; or the login page again, which says why."""
    entered = desk.sessions.sign_in(visit.field("password"), visit.address)
    if isinstance(entered, Session):
        inside = RedirectResponse(_wanted(visit), 303)
        inside.set_cookie(COOKIE, entered.token, path="/console", secure=visit.https, httponly=True, samesite="strict")
        return inside
    if entered is None:
        return desk.page(visit, "login.html", 403, wanted=_wanted(visit), wrong="That is not the password.")
    seconds = math.ceil(entered / 1000)
    wrong = f"Too many tries: the next one may come in {seconds} s."
    answer = desk.page(visit, "login.html", 429, wanted=_wanted(visit), wrong=wrong)
    answer.headers["retry-after"] = str(seconds)
    return answer


def leave(desk: Desk, visit: Visit) -> Response:
    """Out, in every process."""
    if visit.session is not None:
        desk.sessions.sign_out(visit.session)
    answer = RedirectResponse("/console/login", 303)
    answer.delete_cookie(COOKIE, path="/console")
    return answer


def static(desk: Desk, visit: Visit) -> Response:
    """A style sheet, a script, an icon; the address changes with the content, so it may be kept."""
    del desk
    name = visit.path["name"]
    if name not in STATIC:
        raise NotThere("There is no such file.")
    kept = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(static_file(name), media_type=STATIC[name], headers=kept)


def _wanted(visit: Visit) -> str:
    """Where they wanted to go: a page of the console, whatever somebody wrote there."""
    wanted = visit.field("next")
    fits = wanted.startswith("/console/") and not any(mark in wanted for mark in ("\\", "//", "\n", "\r"))
    return wanted if fits and wanted != "/console/login" else "/console"
