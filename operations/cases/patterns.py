"""Patterns of texts that a saved case keeps, or replaces by others that look alike."""

import re
from typing import Final

NUMBER: Final = re.compile(r"-?\d{1,6}(\.\d{1,4})?", re.ASCII).fullmatch
AMOUNT: Final = re.compile(r"-?\d{1,9}(\.\d{1,9})?", re.ASCII).fullmatch
TIME: Final = re.compile(r"(1[2-9]\d\d|20[0-4]\d)\d{6}(\d{3})?", re.ASCII).fullmatch
VERSION: Final = re.compile(r"(?!(\d{1,3}\.){3}\d{1,3}\Z)\d{1,3}(\.\d{1,4}){0,3}", re.ASCII).fullmatch
"""Four parts of at most three digits may be the IP address of a person: such a text is replaced."""
LOCALE: Final = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2})?", re.ASCII).fullmatch
DATE: Final = re.compile(
    r"[12]\d{3}(-?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])([T ].*)?", re.ASCII | re.DOTALL
).fullmatch
TTCLID: Final = re.compile(r"[?&]ttclid=", re.IGNORECASE).search
