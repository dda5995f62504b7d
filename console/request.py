"""Read a request into what pages need: its fields, its sender and its session."""

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
    """`path` has the values in the page's path, `query` and `form` the fields; `partial`: htmx asks for a part."""

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
        """What this visitor's forms must bring back."""
        return self.session.csrf if self.session else ""

    def field(self, name: str) -> str:
        """A field of the form, else of the query; "" when there is none."""
        return self.form[name][0] if name in self.form else self.query.get(name, "")

    def number(self, name: str, default: int, most: int) -> int:
        """The same, of a number up to `most`."""
        text = self.field(name)
        return min(int(text), most) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else default


def read_request(http_request: Request, peers: Peers, session: Session | None, body: bytes = b"") -> PageRequest:
    """The visit that a request is. ValueError for a body that is no form."""
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
