"""Files in an S3 bucket (or MinIO's), with URLs signed by Signature Version 4."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader, create_loader

from allonova.adapters.storage.keys import checked_key
from allonova.adapters.telemetry.work import PROVIDER, watched
from allonova.adapters.vendors.breaker import Breaker
from allonova.application.files.ports import LINK_TTL, UPLOAD_TTL, FileStore, Upload
from allonova.application.kernel.inside import require_outside_unit
from allonova.domain.kernel.errors import NotFound, ServiceUnavailable

log = logging.getLogger(__name__)

CONFIG = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    connect_timeout=3,
    read_timeout=10,
    retries={"total_max_attempts": 2, "mode": "standard"},
    request_checksum_calculation="when_required",  # else a checksum of nothing is signed into every upload URL
    response_checksum_validation="when_required",
    max_pool_connections=8,
    proxies={},  # none from the environment
)
TOTAL_S = 15.0  # a body that drips resets the read timeout with each byte
CALLS_AT_ONCE = 8
NAME = "s3"
PART_BYTES = 8 << 20  # S3 takes parts of at least 5 MiB, and 10,000 of them
MISSING = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Config:
    """Where the bucket is. `endpoint_url` None is Amazon's own; `public_url` is how clients reach the same."""

    bucket: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    endpoint_url: str | None = None
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class _PartedUpload:
    """An object that is sent in parts, and those that are there."""

    where: dict[str, str]
    parts: list[dict[str, object]] = field(default_factory=list)


class S3Files:
    """Signs in this process; everything else is a call to the store, in a thread of its own."""

    def __init__(self, config: S3Config, *, breaker: Breaker | None = None) -> None:
        self._bucket = config.bucket
        self._client = _client(config, config.endpoint_url)
        # The host is part of what is signed, so links for clients are signed for the address that they know.
        self._signer = _client(config, config.public_url) if config.public_url else self._client
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="s3")
        self._breaker = breaker or Breaker()
        self._breaker.guard(NAME)

    def grant_upload(self, key: str, *, content_type: str, size: int, expires: timedelta = UPLOAD_TTL) -> Upload:
        """See FileStore. Type and length are signed headers: the store refuses any other."""
        seconds = int(expires.total_seconds())
        wanted = {
            "Bucket": self._bucket,
            "Key": checked_key(key),
            "ContentType": content_type,
            "ContentLength": size,
        }
        return Upload(
            upload_url=str(self._signer.generate_presigned_url("put_object", Params=wanted, ExpiresIn=seconds)),
            method="PUT",
            headers={"Content-Type": content_type},
            object_key=key,
            expires_in=seconds,
        )

    def link(self, key: str, *, expires: timedelta = LINK_TTL) -> str:
        """See FileStore."""
        wanted = {"Bucket": self._bucket, "Key": checked_key(key)}
        seconds = int(expires.total_seconds())
        return str(self._signer.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds))

    async def read(self, key: str, *, limit: int) -> bytes:
        """See FileStore."""
        return await self._call("read", self._get, checked_key(key), limit)

    async def write(self, key: str, body: bytes, *, content_type: str, name: str | None = None) -> None:
        """See FileStore."""
        shown = {} if name is None else {"ContentDisposition": f'attachment; filename="{name}"'}
        await self._call(
            "write",
            self._client.put_object,
            Bucket=self._bucket,
            Key=checked_key(key),
            Body=body,
            ContentType=content_type,
            **shown,
        )

    async def stream(self, key: str, pieces: AsyncIterator[bytes], *, content_type: str, name: str) -> int:
        """See FileStore. What is no longer than a part is written as it is; all else in parts, which the store puts
        together at the end or forgets.
        """
        held, size, upload = bytearray(), 0, None
        try:
            async for piece in pieces:
                held += piece
                size += len(piece)
                if len(held) >= PART_BYTES:
                    upload = upload or await self._begin(key, content_type, name)
                    await self._put_part(upload, bytes(held))
                    held.clear()
            if upload is None:
                await self.write(key, bytes(held), content_type=content_type, name=name)
            else:
                await self._put_part(upload, bytes(held))
                await self._call(
                    "finish",
                    self._client.complete_multipart_upload,
                    **upload.where,
                    MultipartUpload={"Parts": upload.parts},
                )
        except BaseException:
            if upload is not None:
                await self._abort(upload)
            raise
        return size

    async def _begin(self, key: str, content_type: str, name: str) -> _PartedUpload:
        begun = await self._call(
            "begin",
            self._client.create_multipart_upload,
            Bucket=self._bucket,
            Key=checked_key(key),
            ContentType=content_type,
            ContentDisposition=f'attachment; filename="{name}"',
        )
        return _PartedUpload({"Bucket": self._bucket, "Key": key, "UploadId": begun["UploadId"]})

    async def _put_part(self, upload: _PartedUpload, body: bytes) -> None:
        if body:
            number = len(upload.parts) + 1
            put = await self._call("part", self._client.upload_part, **upload.where, PartNumber=number, Body=body)
            upload.parts.append({"PartNumber": number, "ETag": put["ETag"]})

    async def _abort(self, upload: _PartedUpload) -> None:
        """As well as can be: why it came to this is what is told. Buckets forget what was left by a rule of theirs."""
        with suppress(ServiceUnavailable, NotFound):
            await self._call("abort", self._client.abort_multipart_upload, **upload.where)

    async def has(self, key: str) -> bool:
        """See FileStore."""
        try:
            await self._call("has", self._client.head_object, Bucket=self._bucket, Key=checked_key(key))
        except NotFound:
            return False
        return True

    async def delete(self, key: str) -> None:
        """See FileStore."""
        await self._call("delete", self._client.delete_object, Bucket=self._bucket, Key=checked_key(key))

    def _get(self, key: str, limit: int) -> bytes:
        answer = self._client.get_object(Bucket=self._bucket, Key=key)
        with answer["Body"] as body:
            if answer["ContentLength"] > limit:
                raise NotFound
            found: bytes = body.read(limit + 1)
        if len(found) > limit:
            raise NotFound
        return found

    async def _call[**P, T](self, what: str, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """One call. Raises ServiceUnavailable when nothing is known of its outcome, or it was refused."""
        require_outside_unit("the file store")
        if not self._breaker.admit():
            raise ServiceUnavailable
        loop = asyncio.get_running_loop()
        try:
            with watched(PROVIDER, NAME), _missing():
                async with asyncio.timeout(TOTAL_S):
                    done = await loop.run_in_executor(self._threads, lambda: work(*args, **named))
        except NotFound:
            self._breaker.answered()
            raise
        except (BotoCoreError, ClientError, OSError) as error:
            self._breaker.failed()
            log.warning("the file store failed", extra={"call": what, "reason": _code(error) or type(error).__name__})
            raise ServiceUnavailable from error
        self._breaker.answered()
        return done


@contextmanager
def _missing() -> Iterator[None]:
    """There is no such object: S3 answered all the same."""
    try:
        yield
    except ClientError as error:
        if _code(error) in MISSING:
            raise NotFound from error
        raise


def _client(config: S3Config, endpoint_url: str | None) -> Any:
    core = botocore.session.Session()  # of its own: the default one is shared and not safe among threads
    core.register_component("data_loader", _descriptions())
    session = boto3.session.Session(
        aws_access_key_id=config.access_key,
        aws_secret_access_key=config.secret_key,
        region_name=config.region,
        botocore_session=core,
    )
    return session.client("s3", endpoint_url=endpoint_url, config=CONFIG)


@cache
def _descriptions() -> Loader:
    """What botocore's files say of S3. Reading them takes most of a client's start, and is done once."""
    return create_loader()


def _code(error: BaseException) -> str:
    """S3's word for a refusal; empty where it said nothing."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _conforms(files: S3Files) -> FileStore:
    return files
