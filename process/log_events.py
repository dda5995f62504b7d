"""The table of log events: every name that relay logs, the sentence beside it, and what its fields say.

A log call names an event; `process/logs.py` adds the sentence to the line. `docs/logs.md` is generated from the table.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class LogEvent(NamedTuple):
    """One row: the sentence in each line, and what only the document says: its fields, its cause."""

    sentence: str
    details: str = ""


LOG_EVENTS: Final[Mapping[str, LogEvent]] = {
    "job_ended": LogEvent(
        "The job is done with some events.", "`events` says how many were delivered, unsupported or withheld."
    ),
    "job_failed": LogEvent(
        "The job could not deliver all of its events.", "`failure` is the line that Flower shows; it says who must act."
    ),
    "connection_paused": LogEvent(
        "Delivery for the connection is paused; its events are kept.",
        "TikTok refuses the connection for the reason in `error`; `who` must do `what_to_do`.",
    ),
    "connection_resumed": LogEvent(
        "Delivery for the connection continues.", "TikTok accepted a probe, or the configuration was corrected."
    ),
    "tiktok_answer_unexpected": LogEvent(
        "TikTok's answer is not as documented; its plausible parts were used.", "`note` says what is unexpected."
    ),
    "tiktok_unreachable": LogEvent(
        "TikTok is out of reach; events are kept.", "`error` says why; `who` must do `what_to_do`."
    ),
    "dead_letters_expired": LogEvent(
        "Dead letters older than the connection keeps them were removed.", "They are counted as discarded."
    ),
    "dead_letters_expiring": LogEvent(
        "Dead letters will be removed within a week.", "`what_to_do` keeps or replays them. Logged once a day."
    ),
    "archive_written": LogEvent("Receipts were written to the archive.", "`file` is the new file there."),
    "archive_failed": LogEvent(
        "Receipts cannot be written to the archive; they wait in Redis, and relay keeps trying.",
        "`problem` says why. Logged once, until a file can be written again.",
    ),
    "archive_writable": LogEvent("Receipts can be written to the archive again.", "It follows `archive_failed`."),
    "archive_files_removed": LogEvent("Files of the archive older than RELAY_ARCHIVE_DAYS were removed."),
    "archive_files_kept": LogEvent(
        "Files of the archive older than RELAY_ARCHIVE_DAYS cannot be removed.",
        "`problem` says why. Tried once an hour.",
    ),
    "archive_unset": LogEvent(
        "Receipts wait for an archive, but this worker has no RELAY_ARCHIVE.",
        "Set it for every worker. Receipts that waited for a day are removed. Logged once.",
    ),
    "archive_discarded": LogEvent(
        "Receipts that waited a day for an archive were removed.",
        "RELAY_ARCHIVE is not set any more. They count as lost.",
    ),
    "configuration_reloaded": LogEvent("The changed configuration file is in use."),
    "configuration_accepted": LogEvent(
        "The configuration file has no errors any more, and says what is in use already.",
        "After `configuration_refused`, when the former content is back.",
    ),
    "configuration_refused": LogEvent(
        "The changed configuration file has errors; the former configuration stays in use.",
        "`problem` names file, line and problem; with several, the first one.",
    ),
    "configuration_held_back": LogEvent(
        "The changed file lacks a connection or an input that is in use; it is used if it stays so for 10 s.",
        "The file may have been read while it was being written.",
    ),
    "redis_unusable": LogEvent(
        "Redis cannot be used; relay keeps trying.",
        "Logged once for each `reason`; `problem` and `what_to_do` say more.",
    ),
    "redis_usable": LogEvent("Redis can be used again.", "It accepts writes, after `reason`."),
    "redis_full": LogEvent(
        "Redis is full; this worker delivers without Celery.",
        "Celery cannot write then, so Flower does not show these jobs. Logged once a minute.",
    ),
    "redis_permissions_missing": LogEvent(
        "Relay's user in Redis lacks permissions.", "Checked when ingest starts; `what_to_do` is the ACL line to run."
    ),
    "redis_memory_unknown": LogEvent(
        "Redis does not report its memory.", "Ingest answers 429 only once Redis is full; `what_to_do` changes that."
    ),
    "redis_error_permanent": LogEvent(
        "Waiting cannot repair what is wrong with Redis; this worker ends.", "Exit code 78, after several attempts."
    ),
    "redis_certificate_not_verified": LogEvent(
        "The certificate of Redis is not verified, which is insecure.",
        "RELAY_REDIS_URL asks for it (`ssl_cert_reqs=none`).",
    ),
    "timer_task_failed": LogEvent("A periodic task of the worker failed; it runs again.", "A fault of relay."),
    "celery_restarted": LogEvent(
        "Celery ended unexpectedly; the worker starts it again.", "It can when Redis restarts under load."
    ),
    "celery_failed": LogEvent("Celery ended with an error.", "A fault of Celery or of relay."),
    "profiles_unavailable": LogEvent(
        "Users' profiles cannot be read; events are sent without what they would fill.",
        "Redis refused or did not answer.",
    ),
    "profile_not_read": LogEvent(
        "A batch could not be read for its user's profile; its events are kept.", "A fault of relay."
    ),
    "alert_sent": LogEvent("The webhook accepted an alert."),
    "alert_failed": LogEvent(
        "The webhook did not accept an alert; relay tries again.", "`problem` says what it answered."
    ),
    "drift_found": LogEvent(
        "Events stopped, or changed, without an error.",
        "`detector` and `subject` say what; `relay status` has the sentence (docs/drift.md).",
    ),
    "live_failed": LogEvent(
        "What ingest withholds could not be shown to those who watch live; requests go on.", "A fault of relay."
    ),
    "alert_dropped": LogEvent("The webhook failed five times for an alert, which is not sent.", "`problem` says how."),
    "alert_check_failed": LogEvent(
        "A check for alerts failed; it runs again.", "A fault of relay; no alert is sent meanwhile."
    ),
    "request_refused": LogEvent(
        "A request was refused.",
        "The sender got `status` and `reason`; `suppressed` requests of the same kind were not logged.",
    ),
    "request_failed": LogEvent("A request failed with an unexpected error.", "A fault of relay; the sender got 500."),
    "append_failed": LogEvent(
        "Writing events to Redis failed with an unexpected error.", "A fault of relay; the senders got 500."
    ),
    "appends_made_again": LogEvent(
        "A failover lost appends that Redis had confirmed; ingest made them again.",
        "`appends` and `events` say how many. Nothing is lost.",
    ),
    "confirmed_appends_lost": LogEvent(
        "Redis is at a state of more than 30 seconds ago: older appends that it had confirmed are missing.",
        "A backup was restored, or a failover took very long. Ingest keeps confirmed appends for 30 seconds only.",
    ),
    "durability_too_low": LogEvent(
        "A 202 means less than RELAY_DURABILITY asks for.",
        "`means` is what it means now, `wanted` the setting. Ingest serves requests nevertheless.",
    ),
    "background_task_failed": LogEvent("A periodic task of ingest failed; it runs again.", "A fault of relay."),
    "connection_limit_lowered": LogEvent(
        "Ingest allows fewer connections than RELAY_MAX_CONNECTIONS: the limit of open files is low.",
        "Raise the limit of open files, or lower the setting.",
    ),
    "source_connected": LogEvent("A queue is connected; its messages are taken."),
    "source_unavailable": LogEvent(
        "A queue cannot be used; relay keeps trying.", "Logged once for each `problem`; `what_to_do` says more."
    ),
    "source_waiting": LogEvent(
        "Redis is full or away: nothing is taken from the queue, which keeps its messages.",
        "Logged once for each `problem`.",
    ),
    "source_failed": LogEvent(
        "Taking messages from a queue failed; it begins again, after a rest where it fails in a row.",
        "A fault of relay.",
    ),
    "messages_given_back": LogEvent(
        "Messages were returned to their queue without being acknowledged.",
        "Redis was full or away for minutes, or the process ended. They come again.",
    ),
    "message_failed": LogEvent(
        "A message could not be read because of a fault in relay; it is a dead letter.", "A fault of relay."
    ),
    "consume_ended_late": LogEvent(
        "A queue did not answer while relay consume ended.", "Its messages were not acknowledged; they come again."
    ),
    "console_login": LogEvent("A browser signed in to the console.", "A reveal names its `session`."),
    "console_login_failed": LogEvent("A wrong password was sent to the console.", "It came from `address`."),
    "console_page_failed": LogEvent("A page of the console failed.", "A fault of relay; the browser got 500."),
    "console_process_ended": LogEvent("The console's process ended.", "Ingest starts it again for the next page."),
    "console_not_answering": LogEvent(
        "The console's process did not answer.", "The browser got 503; `error` says how it failed."
    ),
    "personal_data_revealed": LogEvent(
        "An operator saw personal data of dead letters.", "The fields say who, when, and of which dead letters."
    ),
    "reveal_not_stored": LogEvent(
        "The reveal was not written to the audit log in Redis.", "The line before this one is its only record."
    ),
    "person_erased": LogEvent(
        "`relay forget` erased a person's data.", "The fields say what was erased, never of which person."
    ),
    "erasure_not_stored": LogEvent(
        "The erasure was not written to the audit log in Redis.", "The line before this one is its only record."
    ),
    "log_lines_dropped": LogEvent(
        "Log lines were dropped because their reader did not read.", "`lines` says how many."
    ),
    "unexpected_error": LogEvent(
        "An unexpected error ended this process or thread.", "A fault of relay, with its place."
    ),
    "sandbox_started": LogEvent("The sandbox is listening."),
    "tiktok_url_changed": LogEvent("Events are sent to another place than TikTok.", "RELAY_TIKTOK_URL says so."),
}
