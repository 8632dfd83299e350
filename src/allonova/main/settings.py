"""Settings: the only place that reads the environment."""

from __future__ import annotations

import os
import re
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from allonova.adapters.notify.google_tokens import Account, read_account
from allonova.adapters.notify.smtp_mail import SmtpServer
from allonova.adapters.payments.orange_wire import MAX_URL as ORANGE_MAX_URL

DEMO_SECRET = "a-demo-secret-that-production-refuses"  # noqa: S105 - named so that production can refuse it

PUBLIC_NOMINATIM = "nominatim.openstreetmap.org"

MIN_HOOK_LETTERS = 24
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Env(StrEnum):
    """How strict to be."""

    EMBEDDED = "embedded"
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Misconfigured(Exception):
    """The service must not start so; one line per fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


type Words = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """See `.env.example` for what each one means."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", populate_by_name=True)

    env: Env = Field(default=Env.PRODUCTION, validation_alias="ALLONOVA_ENV")
    port: int = Field(default=8000, ge=0, le=65535, validation_alias="PORT")
    host: str = Field(default="", validation_alias="ALLONOVA_HOST")
    embedded_is_public: bool = Field(default=False, validation_alias="ALLONOVA_EMBEDDED_IS_PUBLIC")
    public_url: str = Field(default="", validation_alias="ALLONOVA_PUBLIC_URL")
    web_url: str = Field(default="", validation_alias="ALLONOVA_WEB_URL")
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    migrations_database_url: str = Field(default="", validation_alias="MIGRATIONS_DATABASE_URL")
    redis_url: str = Field(default="", validation_alias="REDIS_URL")
    backup_dir: Path | None = Field(default=None, validation_alias="ALLONOVA_BACKUP_DIR")
    backup_verify_database_url: str = Field(
        default="", validation_alias="ALLONOVA_BACKUP_VERIFY_DATABASE_URL", repr=False
    )
    backups_kept: int = Field(default=14, ge=1, validation_alias="ALLONOVA_BACKUPS_KEPT")
    database_pool: int = Field(default=20, ge=1, le=200, validation_alias="ALLONOVA_DATABASE_POOL")
    secret_keys: Words = Field(default=(f"demo:{DEMO_SECRET}",), validation_alias="ALLONOVA_SECRET_KEYS")
    rate_limit_per_minute: int = Field(default=60, ge=1, validation_alias="ALLONOVA_RATE_LIMIT_PER_MINUTE")
    address_limit_per_minute: int = Field(default=1200, ge=1, validation_alias="ALLONOVA_ADDRESS_LIMIT_PER_MINUTE")
    auth_limit_per_minute: int = Field(default=10, ge=1, validation_alias="ALLONOVA_AUTH_RATE_LIMIT_PER_MINUTE")
    auth_address_limit_per_minute: int = Field(
        default=100, ge=1, validation_alias="ALLONOVA_AUTH_ADDRESS_LIMIT_PER_MINUTE"
    )
    auth_identifier_limit_per_hour: int = Field(
        default=30, ge=1, validation_alias="ALLONOVA_AUTH_IDENTIFIER_LIMIT_PER_HOUR"
    )
    trusted_proxies: Words = Field(default=(), validation_alias="ALLONOVA_TRUSTED_PROXIES")
    cors_origins: Words = Field(default=(), validation_alias="ALLONOVA_CORS_ORIGINS")
    body_limit_bytes: int = Field(default=1 << 20, ge=1024, validation_alias="ALLONOVA_BODY_LIMIT_BYTES")
    drain_s: float = Field(default=1, ge=0, le=10, validation_alias="ALLONOVA_DRAIN_S")
    log_level: str = Field(default="INFO", validation_alias="ALLONOVA_LOG_LEVEL")
    sandbox: bool | None = Field(default=None, validation_alias="ALLONOVA_SANDBOX")
    sandbox_port: int = Field(default=0, ge=0, le=65535, validation_alias="ALLONOVA_SANDBOX_PORT")
    sandbox_state: Path | None = Field(default=None, validation_alias="ALLONOVA_SANDBOX_STATE")
    payment_return_url: str = Field(default="", validation_alias="ALLONOVA_PAYMENT_RETURN_URL")
    wave_base_url: str = Field(default="", validation_alias="WAVE_BASE_URL")
    wave_api_key: str = Field(default="", validation_alias="WAVE_API_KEY", repr=False)
    wave_webhook_secret: str = Field(default="", validation_alias="WAVE_WEBHOOK_SECRET", repr=False)
    om_base_url: str = Field(default="", validation_alias="OM_BASE_URL")
    om_environment: Literal["ci", "dev"] = Field(default="ci", validation_alias="OM_ENVIRONMENT")
    om_client_id: str = Field(default="", validation_alias="OM_CLIENT_ID")
    om_client_secret: str = Field(default="", validation_alias="OM_CLIENT_SECRET", repr=False)
    om_merchant_key: str = Field(default="", validation_alias="OM_MERCHANT_KEY", repr=False)
    mtn_base_url: str = Field(default="", validation_alias="MTN_BASE_URL")
    mtn_target_environment: str = Field(default="mtnivorycoast", validation_alias="MTN_TARGET_ENVIRONMENT")
    mtn_collection_key: str = Field(default="", validation_alias="MTN_COLLECTION_KEY", repr=False)
    mtn_collection_user: str = Field(default="", validation_alias="MTN_COLLECTION_USER")
    mtn_collection_api_key: str = Field(default="", validation_alias="MTN_COLLECTION_API_KEY", repr=False)
    mtn_disbursement_key: str = Field(default="", validation_alias="MTN_DISBURSEMENT_KEY", repr=False)
    mtn_disbursement_user: str = Field(default="", validation_alias="MTN_DISBURSEMENT_USER")
    mtn_disbursement_api_key: str = Field(default="", validation_alias="MTN_DISBURSEMENT_API_KEY", repr=False)
    stripe_base_url: str = Field(default="", validation_alias="STRIPE_BASE_URL")
    stripe_secret_key: str = Field(default="", validation_alias="STRIPE_SECRET_KEY", repr=False)
    stripe_publishable_key: str = Field(default="", validation_alias="STRIPE_PUBLISHABLE_KEY")
    stripe_webhook_secret: str = Field(default="", validation_alias="STRIPE_WEBHOOK_SECRET", repr=False)
    brevo_base_url: str = Field(default="", validation_alias="BREVO_BASE_URL")
    brevo_api_key: str = Field(default="", validation_alias="BREVO_API_KEY")
    brevo_sms_sender: str = Field(default="AlloCar", validation_alias="BREVO_SMS_SENDER")
    brevo_webhook_token: str = Field(default="", validation_alias="BREVO_WEBHOOK_TOKEN", repr=False)
    sms_provider: Literal["brevo", "orange"] = Field(default="brevo", validation_alias="ALLONOVA_SMS_PROVIDER")
    orange_sms_base_url: str = Field(default="", validation_alias="ORANGE_SMS_BASE_URL")
    orange_sms_client_id: str = Field(default="", validation_alias="ORANGE_SMS_CLIENT_ID")
    orange_sms_client_secret: str = Field(default="", validation_alias="ORANGE_SMS_CLIENT_SECRET", repr=False)
    orange_sms_sender: str = Field(default="", validation_alias="ORANGE_SMS_SENDER")
    orange_sms_sender_name: str = Field(default="", validation_alias="ORANGE_SMS_SENDER_NAME")
    orange_sms_receipt_secret: str = Field(default="", validation_alias="ORANGE_SMS_RECEIPT_SECRET", repr=False)
    recaptcha_base_url: str = Field(default="", validation_alias="RECAPTCHA_BASE_URL")
    recaptcha_site_key: str = Field(default="", validation_alias="RECAPTCHA_SITE_KEY")
    recaptcha_secret: str = Field(default="", validation_alias="RECAPTCHA_SECRET", repr=False)
    recaptcha_hostnames: Words = Field(default=(), validation_alias="RECAPTCHA_HOSTNAMES")
    google_client_ids: Words = Field(default=(), validation_alias="GOOGLE_CLIENT_IDS")
    google_jwks_url: str = Field(default="", validation_alias="GOOGLE_JWKS_URL")
    apple_client_ids: Words = Field(default=(), validation_alias="APPLE_CLIENT_IDS")
    apple_jwks_url: str = Field(default="", validation_alias="APPLE_JWKS_URL")
    osrm_base_url: str = Field(default="", validation_alias="OSRM_BASE_URL")
    mapbox_base_url: str = Field(default="", validation_alias="MAPBOX_BASE_URL")
    mapbox_access_token: str = Field(default="", validation_alias="MAPBOX_ACCESS_TOKEN", repr=False)
    nominatim_base_url: str = Field(default="", validation_alias="NOMINATIM_BASE_URL")
    maps_user_agent: str = Field(default="", validation_alias="ALLONOVA_MAPS_USER_AGENT")
    fcm_base_url: str = Field(default="", validation_alias="FCM_BASE_URL")
    fcm_token_url: str = Field(default="", validation_alias="FCM_TOKEN_URL")
    fcm_project_id: str = Field(default="", validation_alias="FCM_PROJECT_ID")
    fcm_service_account: str = Field(default="", validation_alias="FCM_SERVICE_ACCOUNT", repr=False)
    smtp_url: str = Field(default="", validation_alias="SMTP_URL", repr=False)
    mail_from: str = Field(default="", validation_alias="MAIL_FROM")
    mail_from_name: str = Field(default="AlloCar", validation_alias="MAIL_FROM_NAME")

    files_dir: Path | None = Field(default=None, validation_alias="ALLONOVA_FILES_DIR")
    s3_endpoint_url: str = Field(default="", validation_alias="S3_ENDPOINT_URL")
    s3_public_url: str = Field(default="", validation_alias="S3_PUBLIC_URL")
    s3_bucket: str = Field(default="", validation_alias="S3_BUCKET")
    s3_region: str = Field(default="us-east-1", validation_alias="S3_REGION")
    s3_access_key: str = Field(default="", validation_alias="S3_ACCESS_KEY")
    s3_secret_key: str = Field(default="", validation_alias="S3_SECRET_KEY", repr=False)

    @field_validator(
        *("secret_keys", "trusted_proxies", "cors_origins", "recaptcha_hostnames"),
        *("google_client_ids", "apple_client_ids"),
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value

    @property
    def keys(self) -> dict[str, str]:
        """Server secrets by key id; the first one signs, all of them verify."""
        return dict(pair.split(":", 1) for pair in self.secret_keys if ":" in pair)

    @property
    def wave_webhook(self) -> str:
        """The secret of Wave's webhooks; the sandbox signs with it too."""
        return self.wave_webhook_secret or ("" if self.env is Env.PRODUCTION else "wave_sn_WHS_sandbox")

    @property
    def with_orange(self) -> bool:
        """Whether anything of Orange Money is set."""
        return bool(self.om_base_url or self.om_client_id or self.om_client_secret or self.om_merchant_key)

    @property
    def orange_notif_url(self) -> str:
        """Where Orange Money's notifications go."""
        return f"{self.base_url.rstrip('/')}/api/v1/payments/webhook/orange"

    @property
    def with_mtn(self) -> bool:
        """Whether anything of MTN's Collections is set."""
        return bool(
            self.mtn_base_url or self.mtn_collection_key or self.mtn_collection_user or self.mtn_collection_api_key
        )

    @property
    def with_mtn_disbursement(self) -> bool:
        """Whether anything of MTN's Disbursements is set."""
        return bool(self.mtn_disbursement_key or self.mtn_disbursement_user or self.mtn_disbursement_api_key)

    @property
    def with_stripe(self) -> bool:
        """Whether anything of Stripe is set."""
        return bool(
            self.stripe_base_url or self.stripe_secret_key or self.stripe_publishable_key or self.stripe_webhook_secret
        )

    @property
    def stripe_webhook(self) -> str:
        """The secret of Stripe's webhooks; the sandbox signs with it too."""
        return self.stripe_webhook_secret or ("" if self.env is Env.PRODUCTION else "whsec_sandbox")

    @property
    def google_clients(self) -> tuple[str, ...]:
        """The ids under which Google knows our apps; nobody logs in with Google where there are none."""
        return self.google_client_ids or (("sandbox",) if self.with_sandbox else ())

    @property
    def apple_clients(self) -> tuple[str, ...]:
        """The same of Apple."""
        return self.apple_client_ids or (("sandbox",) if self.with_sandbox else ())

    @property
    def brevo_webhook(self) -> str:
        """The token of Brevo's webhook; the sandbox sends it too."""
        return self.brevo_webhook_token or ("" if self.env is Env.PRODUCTION else "brevo-hook-sandbox")

    @property
    def orange_sms_receipts(self) -> str:
        """The secret in the address of Orange's receipts; the sandbox knows it too."""
        return self.orange_sms_receipt_secret or ("" if self.env is Env.PRODUCTION else "orange-sms-sandbox")

    @property
    def mail_sender(self) -> str:
        """Whom mails come from."""
        return self.mail_from or ("" if self.env is Env.PRODUCTION else "no-reply@allocar.test")

    @property
    def smtp_server(self) -> SmtpServer | None:
        """What sends mails instead of Brevo. Raises ValueError for a URL that is none."""
        return SmtpServer.at(self.smtp_url, requires_tls=self.env is Env.PRODUCTION) if self.smtp_url else None

    @property
    def fcm_account(self) -> Account | None:
        """The service account that sends push messages. Raises ValueError for what is no key file of one."""
        return read_account(self.fcm_service_account) if self.fcm_service_account else None

    @property
    def files_folder(self) -> Path:
        """Where files lie without S3; all processes on this port share it."""
        return self.files_dir or Path(tempfile.gettempdir()) / f"allonova-files-{self.port}"

    @property
    def owner_url(self) -> str:
        """The database as whoever owns its tables logs in."""
        return self.migrations_database_url or self.database_url

    @property
    def with_sandbox(self) -> bool:
        """Whether the outside world is played; never in production."""
        return self.sandbox if self.sandbox is not None else self.env is not Env.PRODUCTION

    @property
    def bind_host(self) -> str:
        """Loopback, unless the service is meant for others to reach."""
        if self.host:
            return self.host
        return "0.0.0.0" if self.env is Env.PRODUCTION else "127.0.0.1"  # noqa: S104 - production is behind a proxy

    @property
    def own_url(self) -> str:
        """Where this service answers its own sandbox."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """Where people reach it."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def web_base(self) -> str:
        """Where links in messages lead: a front end of its own, or the pages of this service."""
        return (self.web_url or self.base_url).rstrip("/")

    @property
    def form_hostnames(self) -> tuple[str, ...]:
        """The sites that public forms stand on."""
        return self.recaptcha_hostnames or (urlsplit(self.web_base).hostname or "localhost",)

    @property
    def maps_agent(self) -> str:
        """What names this service to servers of maps."""
        return self.maps_user_agent or f"AlloNova ({self.base_url})"

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox answers: in this process, or in its own."""
        return f"http://127.0.0.1:{self.sandbox_port or self.port}/sandbox"

    def checked(self) -> Settings:
        """These settings. Raises Misconfigured with every fault, so that one start shows them all."""
        faults = [*self._structure()]
        if self.env is Env.PRODUCTION:
            faults += self._production()
        if faults:
            raise Misconfigured(faults)
        return self

    def _structure(self) -> list[str]:
        faults = []
        if not self.keys:
            faults.append("ALLONOVA_SECRET_KEYS must hold at least one kid:secret pair")
        if self.env is Env.EMBEDDED and self.bind_host not in LOOPBACK and not self.embedded_is_public:
            faults.append("ALLONOVA_HOST opens the demo to the network: say so with ALLONOVA_EMBEDDED_IS_PUBLIC=true")
        if self.s3_bucket and not (self.s3_access_key and self.s3_secret_key):
            faults.append("S3_BUCKET needs S3_ACCESS_KEY and S3_SECRET_KEY")
        if self.env is not Env.EMBEDDED and not (self.database_url and self.redis_url):
            faults.append(f"ALLONOVA_ENV={self.env} needs DATABASE_URL and REDIS_URL")
        if bool(self.backup_dir) != bool(self.backup_verify_database_url):
            faults.append("ALLONOVA_BACKUP_DIR and ALLONOVA_BACKUP_VERIFY_DATABASE_URL need each other")
        elif self.backup_dir and _place(self.backup_verify_database_url) in map(
            _place, (self.database_url, self.owner_url)
        ):
            faults.append("ALLONOVA_BACKUP_VERIFY_DATABASE_URL is the live database: restores are tried in it")
        try:
            _ = self.smtp_server
        except ValueError as error:
            faults.append(f"SMTP_URL is {error}")
        try:
            _ = self.fcm_account
        except ValueError as error:
            faults.append(f"FCM_SERVICE_ACCOUNT is {error}")
        return faults + self._senders() + self._maps() + self._mtn_platform()

    def _senders(self) -> list[str]:
        faults = []
        if self.mail_from and not re.fullmatch(r"[^\s@]+@[^\s@]+", self.mail_from):
            faults.append("MAIL_FROM must be an e-mail address")
        if self.orange_sms_sender and not re.fullmatch(r"\+[1-9][0-9]{6,14}", self.orange_sms_sender):
            faults.append("ORANGE_SMS_SENDER must be a number like +2250000000000")
        return faults

    def _maps(self) -> list[str]:
        faults = []
        if urlsplit(self.nominatim_base_url).hostname == PUBLIC_NOMINATIM and not self.maps_user_agent:
            faults.append(f"{PUBLIC_NOMINATIM} wants ALLONOVA_MAPS_USER_AGENT to say who asks")
        if not re.fullmatch(r"[ -~]*", self.maps_user_agent):
            faults.append("ALLONOVA_MAPS_USER_AGENT must be plain ASCII")
        return faults

    def _orange(self) -> list[str]:
        """Of production: Orange Money is on when anything of it is set."""
        if not self.with_orange:
            return []
        needed = {
            "OM_CLIENT_ID": self.om_client_id,
            "OM_CLIENT_SECRET": self.om_client_secret,
            "OM_MERCHANT_KEY": self.om_merchant_key,
        }
        faults = [f"{name} is missing" for name, value in needed.items() if not value]
        if urlsplit(self.om_base_url or "https://the.default").scheme != "https":
            faults.append("OM_BASE_URL must be https in production")
        if self.om_environment == "dev":
            faults.append("OM_ENVIRONMENT=dev takes play money: not in production")
        if len(self.orange_notif_url) > ORANGE_MAX_URL:
            faults.append("ALLONOVA_PUBLIC_URL is too long for Orange Money's notifications")
        return faults

    def _orange_sms(self) -> list[str]:
        """Of production: when text messages go by Orange."""
        if self.sms_provider != "orange":
            return []
        needed = {
            "ORANGE_SMS_CLIENT_ID": self.orange_sms_client_id,
            "ORANGE_SMS_CLIENT_SECRET": self.orange_sms_client_secret,
            "ORANGE_SMS_SENDER": self.orange_sms_sender,
        }
        faults = [f"{name} is missing" for name, value in needed.items() if not value]
        if urlsplit(self.orange_sms_base_url or "https://the.default").scheme != "https":
            faults.append("ORANGE_SMS_BASE_URL must be https in production")
        return faults

    def _hooks(self) -> list[str]:
        """Of production: who has no other proof than a secret must have one that cannot be guessed."""
        given = {
            "BREVO_WEBHOOK_TOKEN": self.brevo_webhook_token,
            "ORANGE_SMS_RECEIPT_SECRET": self.orange_sms_receipt_secret,
        }
        return [
            f"{name} must be {MIN_HOOK_LETTERS} or more of A–Z a–z 0–9 _ -"
            for name, value in given.items()
            if value and not re.fullmatch(rf"[A-Za-z0-9_-]{{{MIN_HOOK_LETTERS},200}}", value)
        ]

    def _stripe(self) -> list[str]:
        """Of production: cards are on when anything of Stripe is set."""
        if not self.with_stripe:
            return []
        needed = {
            "STRIPE_SECRET_KEY": self.stripe_secret_key,
            "STRIPE_PUBLISHABLE_KEY": self.stripe_publishable_key,
            "STRIPE_WEBHOOK_SECRET": self.stripe_webhook_secret,
        }
        faults = [f"{name} is missing" for name, value in needed.items() if not value]
        if urlsplit(self.stripe_base_url or "https://the.default").scheme != "https":
            faults.append("STRIPE_BASE_URL must be https in production")
        played = (name for name, value in needed.items() if "_test_" in value)
        return faults + [f"{name} takes play money: not in production" for name in played]

    def _mtn_platform(self) -> list[str]:
        if not (self.with_mtn or self.with_mtn_disbursement) or self.mtn_base_url or self.with_sandbox:
            return []
        return ["MTN_BASE_URL is missing: which of its platforms serves us, only MTN can tell"]

    def _mtn(self) -> list[str]:
        """Of production: MTN is on when anything of it is set."""
        if not (self.with_mtn or self.with_mtn_disbursement):
            return []
        needed = {
            "MTN_COLLECTION_KEY": self.mtn_collection_key,
            "MTN_COLLECTION_USER": self.mtn_collection_user,
            "MTN_COLLECTION_API_KEY": self.mtn_collection_api_key,
        }
        if self.with_mtn_disbursement:
            needed |= {
                "MTN_DISBURSEMENT_KEY": self.mtn_disbursement_key,
                "MTN_DISBURSEMENT_USER": self.mtn_disbursement_user,
                "MTN_DISBURSEMENT_API_KEY": self.mtn_disbursement_api_key,
            }
        faults = [f"{name} is missing" for name, value in needed.items() if not value]
        if urlsplit(self.mtn_base_url or "https://the.default").scheme != "https":
            faults.append("MTN_BASE_URL must be https in production")
        if self.mtn_target_environment in ("", "sandbox"):
            faults.append("MTN_TARGET_ENVIRONMENT=sandbox takes play money: not in production")
        return faults

    def _production(self) -> list[str]:
        faults = self._orange() + self._mtn() + self._stripe() + self._orange_sms() + self._hooks()
        if any(secret == DEMO_SECRET or len(secret) < 32 for secret in self.keys.values()):
            faults.append("ALLONOVA_SECRET_KEYS must hold secrets of at least 32 characters, not the default")
        if self.with_sandbox:
            faults.append("ALLONOVA_SANDBOX must be off in production")
        for name, value in (
            ("WAVE_API_KEY", self.wave_api_key),
            ("WAVE_WEBHOOK_SECRET", self.wave_webhook_secret),
            ("BREVO_API_KEY", self.brevo_api_key),
            ("FCM_PROJECT_ID", self.fcm_project_id),
            ("FCM_SERVICE_ACCOUNT", self.fcm_service_account),
            ("RECAPTCHA_SITE_KEY", self.recaptcha_site_key),
            ("RECAPTCHA_SECRET", self.recaptcha_secret),
            ("MAIL_FROM", self.mail_from),
            ("S3_BUCKET", self.s3_bucket),
            ("ALLONOVA_BACKUP_DIR", self.backup_dir),
        ):
            if not value:
                faults.append(f"{name} is missing")
        for name, url in (
            ("ALLONOVA_PUBLIC_URL", self.public_url),
            ("ALLONOVA_WEB_URL", self.web_base),
            ("payment return URL", self.return_url),
            ("WAVE_BASE_URL", self.wave_base_url or "https://the.default"),
            ("FCM_BASE_URL", self.fcm_base_url or "https://the.default"),
            ("FCM_TOKEN_URL", self.fcm_token_url or "https://the.default"),
            ("GOOGLE_JWKS_URL", self.google_jwks_url or "https://the.default"),
            ("APPLE_JWKS_URL", self.apple_jwks_url or "https://the.default"),
            ("MAPBOX_BASE_URL", self.mapbox_base_url or "https://the.default"),
            ("S3_ENDPOINT_URL", self.s3_endpoint_url or "https://the.default"),
            ("S3_PUBLIC_URL", self.s3_public_url or "https://the.default"),
        ):
            if urlsplit(url).scheme != "https":
                faults.append(f"{name} must be https in production")
        if "sslmode=" not in self.database_url or "sslmode=disable" in self.database_url:
            faults.append("DATABASE_URL must ask for TLS (sslmode=verify-full) in production")
        if not self.redis_url.startswith("rediss://"):
            faults.append("REDIS_URL must be rediss:// in production")
        return faults

    @property
    def return_url(self) -> str:
        """Where payment pages send browsers that came without a page of their own."""
        return self.payment_return_url or f"{self.base_url}/payment-done"


def _place(database_url: str) -> tuple[str | None, int, str]:
    """Server and database; other names of the same ones are found out when a restore is tried."""
    parts = urlsplit(database_url)
    return parts.hostname, parts.port or 5432, parts.path


def choose_run_mode() -> None:
    """`allonova run` without ALLONOVA_ENV: embedded, or development when there is a database. The processes themselves
    default to production, so that nothing is open by mistake.
    """
    if not os.environ.get("ALLONOVA_ENV"):
        os.environ["ALLONOVA_ENV"] = "development" if os.environ.get("DATABASE_URL") else "embedded"


def pass_to_children(settings: Settings, *, programs: Path, sandbox_port: int) -> None:
    """What the supervised processes read."""
    os.environ["ALLONOVA_SANDBOX"] = str(settings.with_sandbox).lower()
    os.environ["ALLONOVA_SANDBOX_PORT"] = str(settings.sandbox_port or sandbox_port)
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
