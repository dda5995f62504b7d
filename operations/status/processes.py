"""Read the reports of processes: their cell, their URL of TikTok, and why one refuses its file."""

from collections.abc import Iterable, Sequence
from typing import Any

from delivery.dead_letter import rfc3339
from store.records.processes import ProcessReport


def cell_of(own: str, reports: Iterable[ProcessReport]) -> str:
    """Return the cell of the processes that run with this Redis; `own`, that of this process, where they have none."""
    cells = sorted({report.cell for report in reports if report.started and report.cell})
    return ", ".join(cells) or own


def other_tiktok_urls(own: str, reports: Iterable[ProcessReport]) -> list[str]:
    """Return the URLs to which running workers post, if one of them is not `own`."""
    urls = {report.tiktok_url for report in reports if report.started and report.process.startswith("worker ")}
    return sorted(urls) if urls - {own, ""} else []


def describe_problem(report: ProcessReport) -> str:
    """Return that a process refuses its file, and why. Only reports with a problem have this."""
    what = "refuses its file" if report.started else "could not start"
    return f"{report.process} {what}: {report.problem}"


def as_objects(reports: Sequence[ProcessReport]) -> list[dict[str, Any]]:
    """Return the objects of `relay status --json`."""
    return [
        {
            "process": report.process,
            "started": report.started,
            "cell": report.cell or None,
            "tiktok_url": report.tiktok_url,
            "problem": report.problem,
            "reported_at": rfc3339(report.at_ms),
        }
        for report in reports
    ]
