"""Write the digests of today's base images into every file that names one, so that each build is of the same images.

Run: make pin-images. It asks the registry through skopeo or docker buildx, whichever is installed, and changes nothing
unless every image has an answer. The tag stays in front of the digest; run it again to move to the tag's newest image.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
FILES: Final = ("Dockerfile", "docker-compose.yml", "deploy/kubernetes.yaml")
IMAGE: Final = re.compile(
    r"(?P<before>^\s*(?:FROM|image:)\s+)(?P<name>(?:[a-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9./_-]+:[A-Za-z0-9._-]+)(?:@sha256:[0-9a-f]{64})?",
    re.MULTILINE,
)
OURS: Final = "tiktok-events-relay"
WITHIN_S: Final = 120


class CannotPin(Exception):
    """Raised with a sentence for the person who ran this."""


def main(root: Path = ROOT) -> int:
    """Pin every base image; return the exit code."""
    try:
        texts = {path: path.read_text(encoding="utf-8") for path in (root / name for name in FILES)}
        names = sorted({match["name"] for text in texts.values() for match in base_images(text)})
        digests = {name: digest_of(name) for name in names}
    except (CannotPin, OSError) as error:
        sys.stderr.write(f"nothing was changed: {error}\n")
        return 1
    for path, text in texts.items():
        path.write_text(pinned(text, digests), encoding="utf-8")
    for name, digest in digests.items():
        sys.stdout.write(f"{name}@{digest}\n")
    return 0


def base_images(text: str) -> list[re.Match[str]]:
    """Return the places of images that others made; those that are built here have no digest yet."""
    return [match for match in IMAGE.finditer(text) if not match["name"].startswith(OURS)]


def pinned(text: str, digests: Mapping[str, str]) -> str:
    """Return the text with each base image's digest behind its tag."""
    return IMAGE.sub(
        lambda match: (
            match[0] if match["name"].startswith(OURS) else f"{match['before']}{match['name']}@{digests[match['name']]}"
        ),
        text,
    )


def digest_of(name: str) -> str:
    """Return the digest of the tag's index, which stands for the image of every platform. Raise CannotPin."""
    command = _command(name)
    try:
        done = subprocess.run(command, capture_output=True, timeout=WITHIN_S, check=True)  # noqa: S603 - found on PATH
    except subprocess.TimeoutExpired:
        raise CannotPin(f"{command[0]} gave no answer about {name} within {WITHIN_S} s") from None
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise CannotPin(f"{command[0]} cannot say what {name} is: {''.join(last)}") from None
    if not done.stdout.strip():
        raise CannotPin(f"{command[0]} said nothing about {name}")
    return f"sha256:{hashlib.sha256(done.stdout).hexdigest()}"


def _command(name: str) -> Sequence[str]:
    """The tool that prints an image's index byte for byte, as the registry has it."""
    if skopeo := shutil.which("skopeo"):
        full = name if _names_its_host(name) else f"docker.io/{_in_library(name)}"
        return [skopeo, "inspect", "--raw", f"docker://{full}"]
    if docker := shutil.which("docker"):
        return [docker, "buildx", "imagetools", "inspect", "--raw", name]
    raise CannotPin("neither skopeo nor docker is installed: install one of them")


def _names_its_host(name: str) -> bool:
    host, separator, _ = name.partition("/")
    return bool(separator) and ("." in host or ":" in host or host == "localhost")


def _in_library(name: str) -> str:
    return name if "/" in name else f"library/{name}"


if __name__ == "__main__":
    sys.exit(main())
