# docker build -t keras-tuning-template .
# With optional packages: docker build --build-arg EXTRAS=ray ...
# For NVIDIA GPUs: docker build --build-arg TENSORFLOW='tensorflow[and-cuda]' ..., and docker run --gpus all ...

FROM python:3.12-slim-bookworm AS dependencies

ARG TENSORFLOW=tensorflow
WORKDIR /build
COPY requirements*.txt constraints.txt ./
# TensorFlow's C++ headers, a sixth of the whole, serve only those who compile operations of their own.
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir -r requirements.txt "$TENSORFLOW" \
 && rm -r /venv/lib/python3*/site-packages/tensorflow/include
ARG EXTRAS=
RUN for extra in $EXTRAS; do /venv/bin/pip install --no-cache-dir -r "requirements-$extra.txt" || exit 1; done


FROM python:3.12-slim-bookworm

COPY --from=dependencies /venv /venv
# With HOME in /tmp the caches of Keras, Matplotlib and TensorBoard have a place to be written for any
# --user and with a --read-only root.
ENV PATH=/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

WORKDIR /app
RUN useradd --uid 1000 --no-create-home tuner && install --directory --owner=tuner runs
COPY . .

USER 1000
VOLUME /app/runs
# `docker stop` is then a Ctrl-C, which Python itself turns into an orderly end, in every program. SIGTERM,
# the default, does nothing to a process 1 that has no handler for it.
STOPSIGNAL SIGINT
ENTRYPOINT ["python"]
CMD ["tune.py"]
