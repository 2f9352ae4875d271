# The image of production: web, worker, beat, watcher and migrate are the same image with another
# command (see compose.yaml). It carries no sandbox servers and no development tools.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock /tmp/
RUN python -m venv /venv && /venv/bin/pip install --require-hashes -r /tmp/requirements.lock

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/app/staticfiles \
    GRANIAN_WORKERS_KILL_TIMEOUT=30
RUN useradd --system --uid 10001 --create-home offerhub
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# Collecting needs settings that load, not secrets: the sandbox's defaults serve.
RUN MODE=sandbox python manage.py collectstatic --no-input
USER offerhub
EXPOSE 8000
CMD ["granian", "config.wsgi:application", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", \
     "--port", "8000", "--workers", "2", "--blocking-threads", "32"]
