"""Microsoft's stand-in for Azure: its well-known account, and a request to create a container."""

import base64
import hashlib
import hmac
import urllib.request
from email.utils import formatdate

AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The same in every copy: no secret."""


def create_container(address: str, container: str) -> None:
    """Create a container."""
    date = formatdate(usegmt=True)
    headers = {"x-ms-date": date, "x-ms-version": "2021-12-02"}
    lines = ["PUT", *[""] * 11, *(f"{name}:{value}" for name, value in headers.items())]
    resource = f"/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/{container}"
    text = "\n".join([*lines, resource, "restype:container"])
    digest = hmac.digest(base64.b64decode(AZURE_KEY), text.encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey {AZURE_ACCOUNT}:{base64.b64encode(digest).decode()}"
    address = f"{address}/{AZURE_ACCOUNT}/{container}?restype=container"
    urllib.request.urlopen(urllib.request.Request(address, method="PUT", headers=headers), timeout=30).close()
