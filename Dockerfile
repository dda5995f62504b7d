# One image for every process of relay; which one is the command: ingest, consume, worker, flower, sandbox.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
# Whatever is fetched has one of the hashes in these two files (make image-requirements renews them).
COPY deploy/build-requirements.txt deploy/image-requirements.txt ./
# The environment gets no pip of its own; the build stage's fills it.
RUN python -m venv --without-pip /opt/relay \
    && pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes --requirement build-requirements.txt \
    && pip --python /opt/relay/bin/python install --no-cache-dir --no-deps --only-binary :all: \
        --require-hashes --requirement image-requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY cli ./cli
COPY config ./config
COPY console ./console
COPY consume ./consume
COPY delivery ./delivery
COPY ingest ./ingest
COPY lanes ./lanes
COPY mapping ./mapping
COPY operations ./operations
COPY process ./process
COPY sandbox ./sandbox
COPY store ./store
COPY worker ./worker
RUN pip wheel --no-cache-dir --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/relay/bin/python install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM python:3.11-slim-bookworm
# Nothing here installs anything any more; and the user owns nothing, so it can change nothing.
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip \
    && groupadd --gid 10001 relay \
    && useradd --uid 10001 --gid relay --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin relay
COPY --from=build /opt/relay /opt/relay
ENV PATH=/opt/relay/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RELAY_CONFIG=/etc/relay/relay.yaml \
    RELAY_HOST=:: \
    RELAY_LOG_FORMAT=json
USER 10001:10001
EXPOSE 8080
# Every process ends well on it: ingest answers what it has begun, a worker settles its jobs.
STOPSIGNAL SIGTERM
ENTRYPOINT ["relay"]
CMD ["--help"]
