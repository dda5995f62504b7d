# One image for every process of relay; which one is the command: ingest, worker, flower, sandbox.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
# The environment gets no pip of its own; the build stage's fills it.
RUN python -m venv --without-pip /opt/relay
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY cli ./cli
COPY config ./config
COPY console ./console
COPY delivery ./delivery
COPY ingest ./ingest
COPY lanes ./lanes
COPY mapping ./mapping
COPY operations ./operations
COPY sandbox ./sandbox
COPY worker ./worker
RUN pip --python /opt/relay/bin/python install --no-cache-dir --constraint constraints.txt '.[flower]'

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
    RELAY_HOST=0.0.0.0 \
    RELAY_LOG_FORMAT=json
USER 10001:10001
EXPOSE 8080
# Every process ends well on it: ingest answers what it has begun, a worker settles its jobs.
STOPSIGNAL SIGTERM
ENTRYPOINT ["relay"]
CMD ["--help"]
