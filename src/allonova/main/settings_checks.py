"""What settings may not be: one line per fault, by the names that the environment gives them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from allonova.adapters.crypto.keys import KID
from allonova.adapters.payments.orange_wire import MAX_URL as ORANGE_MAX_URL
from allonova.adapters.redis.address import read_sentinels

if TYPE_CHECKING:
    from allonova.main.settings import Settings

PUBLIC_NOMINATIM = "nominatim.openstreetmap.org"
MIN_HOOK_LETTERS = 24
DEMO_SECRET = "a-demo-secret-that-production-refuses"  # noqa: S105 - named so that production can refuse it
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def faults_of(settings: Settings) -> list[str]:
    """All that is wrong with them; nothing, if they will do."""
    faults = _structure(settings)
    return faults + _production(settings) if settings.is_production else faults


def _structure(settings: Settings) -> list[str]:
    faults = _keys(settings)
    if settings.is_embedded and settings.bind_host not in LOOPBACK and not settings.embedded_is_public:
        faults.append("ALLONOVA_HOST opens the demo to the network: say so with ALLONOVA_EMBEDDED_IS_PUBLIC=true")
    if settings.s3_bucket and not (settings.s3_access_key and settings.s3_secret_key):
        faults.append("S3_BUCKET needs S3_ACCESS_KEY and S3_SECRET_KEY")
    if not settings.is_embedded and not (settings.database_url and settings.redis_url):
        faults.append(f"ALLONOVA_ENV={settings.env} needs DATABASE_URL and REDIS_URL")
    if settings.redis_url:
        faults += _redis(settings)
    if settings.database_pooled and not settings.migrations_database_url:
        faults.append("ALLONOVA_DATABASE_POOLED needs MIGRATIONS_DATABASE_URL, past the pooler")
    if bool(settings.backup_dir) != bool(settings.backup_verify_database_url):
        faults.append("ALLONOVA_BACKUP_DIR and ALLONOVA_BACKUP_VERIFY_DATABASE_URL need each other")
    elif settings.backup_dir and _place(settings.backup_verify_database_url) in map(
        _place, (settings.database_url, settings.owner_url)
    ):
        faults.append("ALLONOVA_BACKUP_VERIFY_DATABASE_URL is the live database: restores are tried in it")
    try:
        _ = settings.smtp_server
    except ValueError as error:
        faults.append(f"SMTP_URL is {error}")
    try:
        _ = settings.fcm_account
    except ValueError as error:
        faults.append(f"FCM_SERVICE_ACCOUNT is {error}")
    return faults + _senders(settings) + _maps(settings) + _mtn_platform(settings)


def _redis(settings: Settings) -> list[str]:
    try:
        read_sentinels(settings.redis_url)
    except ValueError as error:
        return [f"REDIS_URL is {error}"]
    return []


def _keys(settings: Settings) -> list[str]:
    """A pair that is passed over, or taken for another, would make what it sealed unreadable."""
    if not settings.keys:
        return ["ALLONOVA_SECRET_KEYS must hold at least one kid:secret pair"]
    kids = [pair.partition(":")[0] for pair in settings.secret_keys]
    faults = []
    if not all(":" in pair and KID.fullmatch(kid) for pair, kid in zip(settings.secret_keys, kids, strict=True)):
        faults.append("ALLONOVA_SECRET_KEYS: a kid has 1 to 32 letters, digits, - or _, and a secret follows its colon")
    if len(set(kids)) < len(kids):
        faults.append("ALLONOVA_SECRET_KEYS has two secrets of one kid")
    return faults


def _senders(settings: Settings) -> list[str]:
    faults = []
    if settings.mail_from and not re.fullmatch(r"[^\s@]+@[^\s@]+", settings.mail_from):
        faults.append("MAIL_FROM must be an e-mail address")
    if settings.orange_sms_sender and not re.fullmatch(r"\+[1-9][0-9]{6,14}", settings.orange_sms_sender):
        faults.append("ORANGE_SMS_SENDER must be a number like +2250000000000")
    return faults


def _maps(settings: Settings) -> list[str]:
    faults = []
    if urlsplit(settings.nominatim_base_url).hostname == PUBLIC_NOMINATIM and not settings.maps_user_agent:
        faults.append(f"{PUBLIC_NOMINATIM} wants ALLONOVA_MAPS_USER_AGENT to say who asks")
    if not re.fullmatch(r"[ -~]*", settings.maps_user_agent):
        faults.append("ALLONOVA_MAPS_USER_AGENT must be plain ASCII")
    return faults


def _orange(settings: Settings) -> list[str]:
    """Of production: Orange Money is on when anything of it is set."""
    if not settings.with_orange:
        return []
    needed = {
        "OM_CLIENT_ID": settings.om_client_id,
        "OM_CLIENT_SECRET": settings.om_client_secret,
        "OM_MERCHANT_KEY": settings.om_merchant_key,
    }
    faults = [f"{name} is missing" for name, value in needed.items() if not value]
    if urlsplit(settings.om_base_url or "https://the.default").scheme != "https":
        faults.append("OM_BASE_URL must be https in production")
    if settings.om_environment == "dev":
        faults.append("OM_ENVIRONMENT=dev takes play money: not in production")
    if len(settings.orange_notif_url) > ORANGE_MAX_URL:
        faults.append("ALLONOVA_PUBLIC_URL is too long for Orange Money's notifications")
    return faults


def _orange_sms(settings: Settings) -> list[str]:
    """Of production: when text messages go by Orange."""
    if settings.sms_provider != "orange":
        return []
    needed = {
        "ORANGE_SMS_CLIENT_ID": settings.orange_sms_client_id,
        "ORANGE_SMS_CLIENT_SECRET": settings.orange_sms_client_secret,
        "ORANGE_SMS_SENDER": settings.orange_sms_sender,
    }
    faults = [f"{name} is missing" for name, value in needed.items() if not value]
    if urlsplit(settings.orange_sms_base_url or "https://the.default").scheme != "https":
        faults.append("ORANGE_SMS_BASE_URL must be https in production")
    return faults


def _hooks(settings: Settings) -> list[str]:
    """Of production: who has no other proof than a secret must have one that cannot be guessed."""
    given = {
        "BREVO_WEBHOOK_TOKEN": settings.brevo_webhook_token,
        "ORANGE_SMS_RECEIPT_SECRET": settings.orange_sms_receipt_secret,
    }
    return [
        f"{name} must be {MIN_HOOK_LETTERS} or more of A–Z a–z 0–9 _ -"
        for name, value in given.items()
        if value and not re.fullmatch(rf"[A-Za-z0-9_-]{{{MIN_HOOK_LETTERS},200}}", value)
    ]


def _stripe(settings: Settings) -> list[str]:
    """Of production: cards are on when anything of Stripe is set."""
    if not settings.with_stripe:
        return []
    needed = {
        "STRIPE_SECRET_KEY": settings.stripe_secret_key,
        "STRIPE_PUBLISHABLE_KEY": settings.stripe_publishable_key,
        "STRIPE_WEBHOOK_SECRET": settings.stripe_webhook_secret,
    }
    faults = [f"{name} is missing" for name, value in needed.items() if not value]
    if urlsplit(settings.stripe_base_url or "https://the.default").scheme != "https":
        faults.append("STRIPE_BASE_URL must be https in production")
    played = (name for name, value in needed.items() if "_test_" in value)
    return faults + [f"{name} takes play money: not in production" for name in played]


def _mtn_platform(settings: Settings) -> list[str]:
    if not (settings.with_mtn or settings.with_mtn_disbursement) or settings.mtn_base_url or settings.with_sandbox:
        return []
    return ["MTN_BASE_URL is missing: which of its platforms serves us, only MTN can tell"]


def _mtn(settings: Settings) -> list[str]:
    """Of production: MTN is on when anything of it is set."""
    if not (settings.with_mtn or settings.with_mtn_disbursement):
        return []
    needed = {
        "MTN_COLLECTION_KEY": settings.mtn_collection_key,
        "MTN_COLLECTION_USER": settings.mtn_collection_user,
        "MTN_COLLECTION_API_KEY": settings.mtn_collection_api_key,
    }
    if settings.with_mtn_disbursement:
        needed |= {
            "MTN_DISBURSEMENT_KEY": settings.mtn_disbursement_key,
            "MTN_DISBURSEMENT_USER": settings.mtn_disbursement_user,
            "MTN_DISBURSEMENT_API_KEY": settings.mtn_disbursement_api_key,
        }
    faults = [f"{name} is missing" for name, value in needed.items() if not value]
    if urlsplit(settings.mtn_base_url or "https://the.default").scheme != "https":
        faults.append("MTN_BASE_URL must be https in production")
    if settings.mtn_target_environment in ("", "sandbox"):
        faults.append("MTN_TARGET_ENVIRONMENT=sandbox takes play money: not in production")
    return faults


def _production(settings: Settings) -> list[str]:
    faults = _orange(settings) + _mtn(settings) + _stripe(settings) + _orange_sms(settings) + _hooks(settings)
    if any(secret == DEMO_SECRET or len(secret) < 32 for secret in settings.keys.values()):
        faults.append("ALLONOVA_SECRET_KEYS must hold secrets of at least 32 characters, not the default")
    if len(settings.metrics_token) < MIN_HOOK_LETTERS:
        faults.append(f"ALLONOVA_METRICS_TOKEN must have {MIN_HOOK_LETTERS} or more characters")
    if settings.with_sandbox:
        faults.append("ALLONOVA_SANDBOX must be off in production")
    for name, value in (
        ("WAVE_API_KEY", settings.wave_api_key),
        ("WAVE_WEBHOOK_SECRET", settings.wave_webhook_secret),
        ("BREVO_API_KEY", settings.brevo_api_key),
        ("FCM_PROJECT_ID", settings.fcm_project_id),
        ("FCM_SERVICE_ACCOUNT", settings.fcm_service_account),
        ("RECAPTCHA_SITE_KEY", settings.recaptcha_site_key),
        ("RECAPTCHA_SECRET", settings.recaptcha_secret),
        ("MAIL_FROM", settings.mail_from),
        ("S3_BUCKET", settings.s3_bucket),
        ("ALLONOVA_BACKUP_DIR", settings.backup_dir),
    ):
        if not value:
            faults.append(f"{name} is missing")
    for name, url in (
        ("ALLONOVA_PUBLIC_URL", settings.public_url),
        ("ALLONOVA_WEB_URL", settings.web_base),
        ("payment return URL", settings.return_url),
        ("WAVE_BASE_URL", settings.wave_base_url or "https://the.default"),
        ("FCM_BASE_URL", settings.fcm_base_url or "https://the.default"),
        ("FCM_TOKEN_URL", settings.fcm_token_url or "https://the.default"),
        ("GOOGLE_JWKS_URL", settings.google_jwks_url or "https://the.default"),
        ("APPLE_JWKS_URL", settings.apple_jwks_url or "https://the.default"),
        ("MAPBOX_BASE_URL", settings.mapbox_base_url or "https://the.default"),
        ("S3_ENDPOINT_URL", settings.s3_endpoint_url or "https://the.default"),
        ("S3_PUBLIC_URL", settings.s3_public_url or "https://the.default"),
    ):
        if urlsplit(url).scheme != "https":
            faults.append(f"{name} must be https in production")
    databases = {"DATABASE_URL": settings.database_url, "DATABASE_REPLICA_URL": settings.database_replica_url}
    faults += [
        f"{name} must ask for TLS (sslmode=verify-full) in production"
        for name, url in databases.items()
        if url and ("sslmode=" not in url or "sslmode=disable" in url)
    ]
    if not settings.redis_url.startswith(("rediss://", "rediss+sentinel://")):
        faults.append("REDIS_URL must be rediss:// or rediss+sentinel:// in production")
    return faults


def _place(database_url: str) -> tuple[str | None, int, str]:
    """Server and database; other names of the same ones are found out when a restore is tried."""
    parts = urlsplit(database_url)
    return parts.hostname, parts.port or 5432, parts.path
