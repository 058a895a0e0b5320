# One image for web, worker, beat and migrate: built once, run read-only as an ordinary user.
FROM node:22-slim AS assets
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim AS build
WORKDIR /app
ENV PYTHONDONTWRITEBYTECODE=1 KOUTER_LOCAL=1 KOUTER_OFFLINE=1
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
COPY --from=assets /app/node_modules node_modules
RUN /venv/bin/python -m network.assets \
 && /venv/bin/python manage.py messages --compile \
 && /venv/bin/python manage.py collectstatic --noinput --verbosity=0 \
 && rm -f var/secret-key && rm -rf node_modules

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home kouter && mkdir /media /private && chown kouter /media /private
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER kouter
EXPOSE 8000
CMD ["granian", "--interface=wsgi", "--host=0.0.0.0", "--port=8000", "--workers=2", "--blocking-threads=2", "--no-ws", "network.wsgi:application"]
