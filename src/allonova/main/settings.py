"""Settings: the only place that reads the environment."""

from __future__ import annotations

import os
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from allonova.adapters.notify.google_tokens import Account, read_account
from allonova.adapters.notify.smtp_mail import SmtpServer
from allonova.main.settings_checks import DEMO_SECRET, faults_of


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
    database_url: str = Field(default="", validation_alias="DATABASE_URL", repr=False)
    migrations_database_url: str = Field(default="", validation_alias="MIGRATIONS_DATABASE_URL", repr=False)
    database_pooled: bool = Field(default=False, validation_alias="ALLONOVA_DATABASE_POOLED")
    database_replica_url: str = Field(default="", validation_alias="DATABASE_REPLICA_URL", repr=False)
    database_replica_lag_s: float = Field(default=2.0, gt=0, le=60, validation_alias="ALLONOVA_DATABASE_REPLICA_LAG_S")
    redis_url: str = Field(default="", validation_alias="REDIS_URL", repr=False)
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
    metrics_token: str = Field(default="", validation_alias="ALLONOVA_METRICS_TOKEN", repr=False)
    worker_port: int = Field(default=0, ge=0, le=65535, validation_alias="ALLONOVA_WORKER_PORT")
    traces_url: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    traces_ratio: float = Field(default=0.1, ge=0, le=1, validation_alias="OTEL_TRACES_SAMPLER_ARG")
    sentry_dsn: str = Field(default="", validation_alias="SENTRY_DSN", repr=False)
    release: str = Field(default="", validation_alias="ALLONOVA_RELEASE")
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
    def is_production(self) -> bool:
        """Where nothing is played and nothing is open by mistake."""
        return self.env is Env.PRODUCTION

    @property
    def is_embedded(self) -> bool:
        """Everything in this process."""
        return self.env is Env.EMBEDDED

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
        if self.env is Env.PRODUCTION:
            return "0.0.0.0"  # nosec B104 # noqa: S104 - production is behind a proxy
        return "127.0.0.1"

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
        if faults := faults_of(self):
            raise Misconfigured(faults)
        return self

    @property
    def return_url(self) -> str:
        """Where payment pages send browsers that came without a page of their own."""
        return self.payment_return_url or f"{self.base_url}/payment-done"


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
