"""A server of Google's XML protocol, as far as an archive uses it: there it is S3's, so moto's server answers it.

`python -m support.google_storage PORT`. Google's clients send a bearer token, of which moto's server can make nothing;
here it gets a signature of S3's, which it does not verify.
"""

import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

_SIGNED: Final = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


class Signed:
    """Gives requests to another application as if they were signed for S3."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        environ["HTTP_AUTHORIZATION"] = _SIGNED
        return self._application(environ, start_response)


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), Signed(DomainDispatcherApplication(create_backend_app)), threaded=True)
