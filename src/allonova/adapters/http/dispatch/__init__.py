"""NOVA over HTTP. Routers carry their whole prefix (`/api`, `/auth`) and their own limit."""

from __future__ import annotations

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
