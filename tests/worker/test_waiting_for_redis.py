"""How long a worker waits for each error of Redis: without limit, or six attempts."""

import pytest

from operations.alerts.outage import Outage
from store.diagnosis.causes import ROWS, Diagnosis
from store.errors import Trouble
from worker.redis_outage.waiting import MOST_ATTEMPTS, RedisWait

BY_CODE = {row.code: row for row in ROWS if row.code != "oom"}


@pytest.mark.parametrize("row", BY_CODE.values(), ids=BY_CODE)
def test_transient_errors_are_waited_for_without_limit(row: Diagnosis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A permanent error is tried six times, within half a minute."""
    trouble = Trouble(row.code, row.problem, row.what_to_do, row.passes)
    redis_wait = RedisWait("redis://127.0.0.1:1/0", outage := Outage())
    monkeypatch.setattr(redis_wait._probe, "trouble", lambda: trouble)
    slept: list[float] = []

    class Enough(Exception):
        """So often was it tried."""

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 500:
            raise Enough

    if row.passes:
        with pytest.raises(Enough):
            redis_wait.wait(sleep)
        assert set(slept) == {1.0}
    else:
        assert redis_wait.wait(sleep) is False
        assert (len(slept), sum(slept) < 30) == (MOST_ATTEMPTS - 1, True)
    assert outage.trouble is not None
    assert outage.trouble.code == row.code
