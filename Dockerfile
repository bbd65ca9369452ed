# One image for `conclave web`, `conclave worker`, `conclave run` and `conclave migrate`; needs DATABASE_URL.
# The first stage builds, the second holds nothing but Python and what was installed.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/conclave
COPY requirements-run.lock ./
RUN /opt/conclave/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-run.lock
COPY LICENSE README.md pyproject.toml setup.py ./
COPY bot ./bot
COPY handlers ./handlers
COPY migrations ./migrations
COPY slack_limits ./slack_limits
COPY web ./web
RUN /opt/conclave/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
    && /opt/conclave/bin/pip uninstall --yes --quiet pip setuptools

FROM python:3.11-slim-bookworm
COPY --from=build /opt/conclave /opt/conclave
ENV PATH=/opt/conclave/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=3000
USER 10001:10001
WORKDIR /tmp
EXPOSE 3000
# Ready means: Slack, the database and its schema, and that the work is done. A worker answers on the same port.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
ENTRYPOINT ["conclave"]
CMD ["run"]
