"""How the web process is served. Every number comes from config.py, so one environment rules all processes."""

import gc
import os

from config import load  # the name `config` itself would be read as a setting of gunicorn's

_settings = load()

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.web_workers
worker_class = "gthread"
threads = _settings.web_threads
preload_app = True  # the workers share the memory of one import
timeout = 60
graceful_timeout = 25  # supervisors kill after 30
keepalive = 20
max_requests = 20_000  # a leak in a library never grows old
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  a heartbeat must not wait for a disk
forwarded_allow_ips = "127.0.0.1"
accesslog = None  # the proxy keeps one; ours would hold phones typed into search boxes
errorlog = "-"
loglevel = "warning"
proc_name = "prozvon-web"


def when_ready(server):  # noqa: ARG001
    # What is alive now lives for ever: keep the collector from touching, and so copying, the shared pages.
    gc.collect()
    gc.freeze()
