"""The source document's stack put together: Flask, flask-smorest, the ORM, PyJWT, Flask-Limiter, Prometheus."""

from __future__ import annotations

import logging
import os
import sys
import time

from flask import Flask, Response, g, request
from flask_jwt_extended import JWTManager
from flask_smorest import Api, Blueprint
from flask_sqlalchemy import SQLAlchemy
from prometheus_flask_exporter import PrometheusMetrics
from pythonjsonlogger.json import JsonFormatter
from werkzeug.middleware.proxy_fix import ProxyFix

from benchmarks.rivals.limits import limiter

log = logging.getLogger("usual")


def put_together(database: SQLAlchemy, *blueprints: Blueprint, audience: str) -> Flask:
    """With the duties of ours: token, limit, log line, metric. Nothing of them under `/naked`."""
    app = Flask("usual")
    app.config |= {
        "API_TITLE": "usual",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "JWT_SECRET_KEY": os.environ["ALLONOVA_SECRET_KEYS"].partition(":")[2],
        "JWT_DECODE_AUDIENCE": audience,
        "JWT_DECODE_ISSUER": "allonova",
        "SQLALCHEMY_DATABASE_URI": os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1),
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 20, "connect_args": {"options": "-c timezone=UTC -c jit=off"}},
    }
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)
    database.init_app(app)
    JWTManager(app)
    limiter.init_app(app)
    PrometheusMetrics(app, group_by="url_rule", excluded_paths=["^/naked"])
    api = Api(app)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    set_up_logs()
    app.before_request(start_watch)
    app.after_request(log_request)
    return app


def set_up_logs() -> None:
    """JSON on standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    log.addHandler(handler)
    log.setLevel("INFO")


def start_watch() -> None:
    """Remember when it came."""
    g.started = time.perf_counter()


def log_request(response: Response) -> Response:
    """One line."""
    if not request.path.startswith("/naked"):
        ms = round((time.perf_counter() - g.started) * 1000, 1)
        facts = {"method": request.method, "path": str(request.url_rule), "status": response.status_code, "ms": ms}
        log.info("request", extra=facts)
    return response
