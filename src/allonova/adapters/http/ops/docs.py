"""The OpenAPI as bytes, and a page to browse it without any asset from another host."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

OPENAPI = files("allonova.adapters.http") / "openapi.json"
ASYNCAPI = files("allonova.adapters.http") / "asyncapi.json"
ASSETS = Path(str(files("fastapi_offline") / "static"))
POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AlloNova API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({
  url: "/api/openapi.json", dom_id: "#swagger-ui", deepLinking: true, docExpansion: "list",
  defaultModelsExpandDepth: -1, displayRequestDuration: true, filter: true, persistAuthorization: false
});
"""
DONE = """<!doctype html>
<html lang="fr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>AlloCar</title>
<style>body{font:18px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:24em;padding:0 1em;text-align:center}</style>
</head>
<body><h1>C'est terminé</h1><p>Vous pouvez revenir à l'application AlloCar : elle vous dira si le paiement est reçu.</p>
</body>
</html>
"""

router = APIRouter(include_in_schema=False)
assets = StaticFiles(directory=ASSETS)


@router.get("/api/openapi.json")
async def openapi() -> Response:
    """The document that was generated at build."""
    return Response(OPENAPI.read_bytes(), media_type="application/json")


@router.get("/api/asyncapi.json")
async def asyncapi() -> Response:
    """The same for sockets."""
    return Response(ASYNCAPI.read_bytes(), media_type="application/json")


@router.get("/api/docs")
async def docs() -> Response:
    """Swagger UI."""
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})


@router.get("/api/docs/start.js")
async def start() -> Response:
    """Its start: a file of its own, since the page's policy allows no inline script."""
    return Response(START, media_type="text/javascript")


@router.get("/payment-done")
async def payment_done() -> Response:
    """Where a payment page sends a browser that came without a page of its own."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return HTMLResponse(DONE, headers={"Content-Security-Policy": policy})


@router.get("/")
async def home() -> Response:
    """There is no front end here."""
    return RedirectResponse("/api/docs")
