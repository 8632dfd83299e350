"""Stores of files with the clients that reach them: a folder behind our own routes, and a real S3 server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
from botocore.config import Config

from allonova.adapters.storage.s3 import S3Config

REGION = "us-east-1"
ACCESS_KEY, SECRET_KEY = "k" * 16, "s" * 32
BUCKET = "allonova"
DEADLINE_S = 20


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server with an empty bucket."""

    url: str

    @property
    def config(self) -> S3Config:
        """What our adapter needs to know of it."""
        return S3Config(
            bucket=BUCKET, region=REGION, access_key=ACCESS_KEY, secret_key=SECRET_KEY, endpoint_url=self.url
        )


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """nanio, a server that nobody here wrote: it checks signatures, expiry, types and lengths."""
    port = free_port()
    program = Path(sys.executable).parent / "nanio"
    secrets = {"NANIO_ACCESS_KEY": ACCESS_KEY, "NANIO_SECRET_KEY": SECRET_KEY}
    command: list[str | Path] = [
        program,
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--data-dir",
        folder,
        "--no-access-log",
    ]
    with (folder / "nanio.log").open("wb") as log:
        server = subprocess.Popen(command, env={**os.environ, **secrets}, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            _make_bucket(url)
            yield S3Server(url)
        finally:
            server.terminate()
            server.wait(DEADLINE_S)


def _wait_for(url: str) -> None:
    """Return once it answers anything at all."""
    until = time.monotonic() + DEADLINE_S
    with httpx.Client(trust_env=False) as client:
        while True:
            try:
                client.get(url)
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return


def _make_bucket(url: str) -> None:
    client = boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION).client(
        "s3", endpoint_url=url, config=Config(s3={"addressing_style": "path"}, proxies={})
    )
    client.create_bucket(Bucket=BUCKET)
    client.close()
