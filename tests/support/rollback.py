"""Put a server back into an earlier state, as a replica that takes over and lacked the last writes."""

import redis

State = dict[bytes, bytes]


def state_of(client: redis.Redis) -> State:
    """Return everything that the server has."""
    keys = list(client.scan_iter(count=1000))
    with client.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.dump(key)
        return dict(zip(keys, pipeline.execute(), strict=True))


def go_back(client: redis.Redis, state: State) -> None:
    """Make the server have exactly that."""
    client.flushall()
    with client.pipeline(transaction=False) as pipeline:
        for key, value in state.items():
            pipeline.restore(key, 0, value)
        pipeline.execute()
