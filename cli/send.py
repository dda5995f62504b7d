"""`relay send`: post batches to a running ingest with the credentials of an input, as mParticle does."""

from typing import Final

import click
import httpx
import msgspec

from cli.context import configuration_of, settings_here
from cli.preview.batch_argument import read_batches
from cli.terminal.output import note
from cli.terminal.usage_errors import unknown_id
from config.model import Configuration, Input
from config.settings import Settings
from operations.errors import OperatorError
from operations.format import plural
from operations.preview.batch_file import BatchFile
from process.listening import local_host

TIMEOUT_S: Final = 30.0
SINGLE: Final = "/v2/events"
BULK: Final = "/v2/bulkevents"


def send(file: str, input_id: str | None, url: str | None) -> None:
    """Post the batches in FILE to ingest. FILE holds one batch, an array, or one batch a line; - is stdin."""
    settings = settings_here()
    configuration = configuration_of(settings)
    source = _input_of(configuration, input_id)
    read = read_batches(file)
    answer = post(read, source, (url or ingest_url(settings)).rstrip("/"))
    click.echo(
        f"{answer.status_code} {answer.reason_phrase}: {plural(len(read.batches), 'batch', 'batches')} from {read.name}"
    )
    if answer.status_code != httpx.codes.ACCEPTED:
        for sentence in refusals(answer):
            note(sentence)
        raise click.exceptions.Exit(1)


def _input_of(configuration: Configuration, input_id: str | None) -> Input:
    """Return the chosen input, or the only one. Raise UsageError for an unknown one, or a missing choice of several."""
    inputs = configuration.inputs
    if input_id is not None and input_id not in inputs:
        raise unknown_id("input", input_id, inputs)
    if input_id is None and len(inputs) != 1:
        raise click.UsageError(f"Say with --input which input to send as. Inputs: {', '.join(inputs)}.")
    return inputs[input_id] if input_id is not None else next(iter(inputs.values()))


def ingest_url(settings: Settings) -> str:
    """Return the URL on which ingest listens with these settings."""
    return f"http://{local_host(settings.host)}:{settings.port}"


def post(read: BatchFile, source: Input, url: str) -> httpx.Response:
    """Return ingest's answer. Raise OperatorError when there is none."""
    path = BULK if read.is_array else SINGLE
    try:
        return httpx.post(
            url + path,
            content=read.body,
            auth=(source.api_key, source.api_secret),
            headers={"content-type": "application/json"},
            timeout=httpx.Timeout(TIMEOUT_S, connect=2.0),
            trust_env=False,  # the secret must not reach a proxy
        )
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise OperatorError(
            f"Nothing listens on {url}. Start relay up, or pass the URL of ingest with --url."
        ) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        raise click.UsageError(f"--url: {url} is not a URL such as http://127.0.0.1:8080") from None
    except httpx.HTTPError as error:
        raise OperatorError(
            f"{url} did not answer ({type(error).__name__}), so it may have accepted the batches. Send the same file "
            "again: events with an id or a time keep their ids, and TikTok counts them once."
        ) from None


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error]


def refusals(answer: httpx.Response) -> list[str]:
    """Return the errors of an mParticle error body, else the first 500 characters of the body."""
    try:
        errors = msgspec.json.decode(answer.content, type=_Errors).errors
    except msgspec.DecodeError:
        return [answer.text[:500]] if answer.text else []
    retry_after = answer.headers.get("retry-after")
    return [f"{error.code}: {error.message}" for error in errors] + (
        [f"retry in {retry_after} s"] if retry_after else []
    )
