"""What relay logs: every event by its name, and what it means. The same name everywhere means the same.

Beside the name stand facts as keys. Those of a job have `job` (Flower's and the dead letters' id), `connection` and
`lane`; those of a connection have `connection`; those of a request have `input`. None has anything of an event.
"""

from collections.abc import Mapping
from typing import Final

LOGGED: Final[Mapping[str, str]] = {
    "job ended": "A job is done with some events: delivered, unsupported or withheld.",
    "job failed": "A job settled, and somebody may have to act: `failure` is the line that Flower shows.",
    "connection paused": "TikTok refuses the connection; `who` must do `what_to_do`. Its events are kept.",
    "connection resumed": "It goes on: TikTok took a probe, or the configuration was mended.",
    "TikTok's answer is odd": "It was believed as far as it makes sense; `note` says what is odd.",
    "dead letters past their time removed": "Of a connection; they are counted as discarded.",
    "dead letters will go soon": "Within a week; `what_to_do` keeps or replays them. Said once a day.",
    "configuration in force": "A changed file is.",
    "configuration lacks a connection or input in use; in force once it has stood for 10 s": (
        "A changed file may have been cut short; one that was meant so is obeyed a little later."
    ),
    "configuration refused; the former one stays": "A changed file is not; `problems` say why.",
    "Redis cannot be used; trying on": "Said once for each `reason`; `problem` and `what_to_do` say more.",
    "Redis is full: delivering without Celery": (
        "Celery may write nothing at maxmemory; Flower sees nothing of these jobs. Said once a minute."
    ),
    "Redis answers again": "It takes writes, after it could not be used.",
    "Redis does not permit all that relay needs": "Said by ingest at start; `what_to_do` is the ACL line to run.",
    "Redis does not tell its memory": "Ingest answers 429 only once Redis is full; `what_to_do` changes that.",
    "this worker ends: waiting cannot cure what is wrong with Redis": "With exit code 78, after some tries.",
    "a duty of the timer failed; trying on": "A fault of relay.",
    "Celery ended by itself; starting the worker anew": "It can when Redis restarts under load.",
    "Celery failed": "A fault, of Celery or of relay.",
    "users' addresses cannot be remembered or recalled now; events go without": "Redis refused or was away.",
    "alert sent": "The webhook took a notice.",
    "alert not taken; trying again": "It did not; `problem` says what it answered.",
    "alert given up": "Five times it did not.",
    "watching failed; trying on": "A fault of relay; nobody is told of pauses meanwhile.",
    "request refused": "A sender was answered `status` and `reason`; `unsaid` more of the kind were not logged.",
    "request failed": "A fault of relay: the sender was answered 500.",
    "append failed": "A fault of relay: the senders were answered 500.",
    "signed in to the console": "Somebody knew the password; `session` is what a reveal names.",
    "wrong password for the console": "Somebody at `address` did not.",
    "page failed": "A fault of the console; whoever looked was told so.",
    "background task failed": "A fault of relay; it is tried again.",
    "personal data revealed": "An operator was shown some; who, when and of which letters.",
    "this reveal could not be kept in Redis": "So this line is all there is of it.",
    "person erased": "`relay forget` erased a person; what of, never who.",
    "this erasure could not be noted in Redis": "So this line is all there is of it.",
    "the certificate of Redis is not verified, as RELAY_REDIS_URL asks: insecure": "Because of `ssl_cert_reqs=none`.",
    "fewer connections than RELAY_MAX_CONNECTIONS: the limit of open files is low": (
        "Ingest keeps fewer at once; raise the limit of open files, or lower the setting."
    ),
    "TikTok is out of reach": "`error` says why, and `who` must do `what_to_do`; its events are kept.",
    "console process ended": "Ingest starts it again for the next page.",
    "console did not answer": "Whoever looked was answered 503; `error` says how.",
    "log lines were lost: nobody read them": "Whoever reads the log had stalled; `lines` says how many.",
    "an unforeseen fault of relay ended this": "A fault of relay, with its place: a process or a thread of one ended.",
    "sandbox starts": "The stand-in TikTok does.",
    "events go to another place than TikTok": "RELAY_TIKTOK_URL says so.",
}
