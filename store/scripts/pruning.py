"""Leave out what a script does not use: Redis makes every function of a script again at each call."""

import re
from typing import Final

_DEFINITION: Final = re.compile(r"^local (?:function (\w+)|([\w, ]+) =)")
_WORD: Final = re.compile(r"\w+")
_COMMENT: Final = re.compile(r"\s*--\s.*|^--$")


def without_unused(parts: str, script: str) -> str:
    """Return the definitions of `parts` that the script or a later kept definition names.

    A definition begins with `local` at the left margin, and lasts until the next one.
    """
    used = _words(script)
    kept: list[str] = []
    for definition in reversed(_definitions(parts)):
        match = _DEFINITION.match(definition)
        names = _WORD.findall(match[1] or match[2]) if match else []
        if match is None or not used.isdisjoint(names):
            kept.append(definition)
            used |= _words(definition)
    return "\n".join(reversed(kept))


def _definitions(text: str) -> list[str]:
    """Divide the text before each line that begins a definition, without its comments."""
    found: list[str] = []
    for line in filter(str.strip, (_COMMENT.sub("", line) for line in text.split("\n"))):
        if line.startswith("local ") or not found:
            found.append(line)
        else:
            found[-1] += "\n" + line
    return found


def _words(text: str) -> set[str]:
    return set(_WORD.findall("\n".join(_COMMENT.sub("", line) for line in text.split("\n"))))
