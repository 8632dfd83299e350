"""Where files are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.storage.local import LocalFiles
from allonova.application.kernel.ports import Clock
from allonova.main.settings import Settings

if TYPE_CHECKING:
    from allonova.adapters.storage.s3 import S3Files


def file_store(settings: Settings, secrets: ServerSecrets, clock: Clock) -> LocalFiles | S3Files:
    """S3 where there is a bucket, else a folder that this service gives out by itself."""
    if not settings.s3_bucket:
        return LocalFiles(settings.files_folder, public_url=settings.base_url, secrets=secrets, clock=clock)
    from allonova.adapters.storage.s3 import S3Config, S3Files  # noqa: PLC0415 - half a second, and only for a bucket

    return S3Files(
        S3Config(
            bucket=settings.s3_bucket,
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
            endpoint_url=settings.s3_endpoint_url or None,
            public_url=settings.s3_public_url or None,
        )
    )
