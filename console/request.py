"""Read a request into what pages need: its path, fields, sender and session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.requests import Request

from console.origin import is_https
from console.sessions import Session
from process.peers import Peers

MOST_FIELDS = 2_000
MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request that a page answers.

    `path` has the values in the page's path, `query` and `form` the fields. `partial`: htmx requests a part of a page.
    """

    url: str
    address: str
    https: bool
    partial: bool
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    session: Session | None = None

    @property
    def csrf(self) -> str:
        """The token that forms of this session must contain; "" without a session."""
        return self.session.csrf if self.session else ""

    def field(self, name: str) -> str:
        """Return a field of the form, or else of the query; "" if neither has it."""
        return self.form[name][0] if name in self.form else self.query.get(name, "")

    def number(self, name: str, default: int, most: int) -> int:
        """Return a field as a number of at most `most`, or `default` if it is not a number."""
        text = self.field(name)
        return min(int(text), most) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else default


def read_request(http_request: Request, peers: Peers, session: Session | None, body: bytes = b"") -> PageRequest:
    """Return the request as pages need it. Raise ValueError if the body is not a form."""
    return PageRequest(
        url=http_request.url.path + (f"?{http_request.url.query}" if http_request.url.query else ""),
        address=peers.address_of(http_request.scope),
        https=is_https(http_request, peers),
        partial="hx-request" in http_request.headers,
        path={name: str(value) for name, value in http_request.path_params.items()},
        query=dict(http_request.query_params),
        form=parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS) if body else {},
        session=session,
    )
