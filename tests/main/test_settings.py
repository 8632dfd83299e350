"""What the service refuses to start with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from allonova.adapters.notify.google_tokens import made_up_account
from allonova.main.settings import Env, Misconfigured, Settings
from allonova.main.settings_checks import DEMO_SECRET

ROOT = Path(__file__).resolve().parents[2]
SOUND = {
    "ALLONOVA_ENV": "production",
    "ALLONOVA_PUBLIC_URL": "https://api.example.test",
    "ALLONOVA_SECRET_KEYS": "k1:" + "s" * 32,
    "DATABASE_URL": "postgresql://app@db/allonova?sslmode=verify-full",
    "REDIS_URL": "rediss://cache:6379/0",
    "ALLONOVA_BACKUP_DIR": "/root/nova-backups",
    "ALLONOVA_BACKUP_VERIFY_DATABASE_URL": "postgresql://app@db/trials?sslmode=verify-full",
    "WAVE_API_KEY": "key",
    "WAVE_WEBHOOK_SECRET": "secret",
    "BREVO_API_KEY": "key",
    "RECAPTCHA_SITE_KEY": "key",
    "RECAPTCHA_SECRET": "secret",
    "FCM_PROJECT_ID": "allonova",
    "FCM_SERVICE_ACCOUNT": json.dumps({**made_up_account()}),
    "S3_BUCKET": "allonova",
    "S3_ACCESS_KEY": "key",
    "S3_SECRET_KEY": "secret",
    "MAIL_FROM": "no-reply@example.test",
    "ALLONOVA_METRICS_TOKEN": "a-token-for-whoever-scrapes",
}
MTN = {
    "MTN_BASE_URL": "https://momoapi.example.test",
    "MTN_COLLECTION_KEY": "key",
    "MTN_COLLECTION_USER": "user",
    "MTN_COLLECTION_API_KEY": "secret",
}
STRIPE = {
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
}
ORANGE = {"OM_CLIENT_ID": "id", "OM_CLIENT_SECRET": "secret", "OM_MERCHANT_KEY": "key"}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def settings_of(monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]) -> Settings:
    for name, value in (SOUND | changes).items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_production_starts_when_everything_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(monkeypatch, {}).checked()
    assert settings.env is Env.PRODUCTION
    assert not settings.with_sandbox


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ALLONOVA_SECRET_KEYS": f"demo:{DEMO_SECRET}"}, "ALLONOVA_SECRET_KEYS"),
        ({"ALLONOVA_SECRET_KEYS": "k1:short"}, "ALLONOVA_SECRET_KEYS"),
        ({"ALLONOVA_DATABASE_POOLED": "true"}, "MIGRATIONS_DATABASE_URL"),
        ({"ALLONOVA_SECRET_KEYS": "no-pair"}, "ALLONOVA_SECRET_KEYS"),
        ({"ALLONOVA_SECRET_KEYS": f"k1:{'s' * 32},no-pair"}, "ALLONOVA_SECRET_KEYS"),
        ({"ALLONOVA_SECRET_KEYS": f"k.1:{'s' * 32}"}, "ALLONOVA_SECRET_KEYS"),
        ({"ALLONOVA_SECRET_KEYS": f"k1:{'s' * 32},k1:{'t' * 32}"}, "ALLONOVA_SECRET_KEYS"),
        ({"ALLONOVA_SANDBOX": "true"}, "ALLONOVA_SANDBOX"),
        ({"WAVE_API_KEY": ""}, "WAVE_API_KEY"),
        ({"WAVE_WEBHOOK_SECRET": ""}, "WAVE_WEBHOOK_SECRET"),
        ({"OM_CLIENT_ID": "id", "OM_MERCHANT_KEY": "key"}, "OM_CLIENT_SECRET"),
        ({"OM_CLIENT_SECRET": "secret"}, "OM_CLIENT_ID"),
        ({"OM_BASE_URL": "https://api.orange.example.test"}, "OM_MERCHANT_KEY"),
        (ORANGE | {"OM_BASE_URL": "http://api.orange.example.test"}, "OM_BASE_URL"),
        (ORANGE | {"OM_ENVIRONMENT": "dev"}, "OM_ENVIRONMENT"),
        (ORANGE | {"ALLONOVA_PUBLIC_URL": "https://a.test/" + "b" * 90}, "ALLONOVA_PUBLIC_URL"),
        ({"MTN_COLLECTION_KEY": "key"}, "MTN_COLLECTION_API_KEY"),
        (STRIPE | {"STRIPE_SECRET_KEY": ""}, "STRIPE_SECRET_KEY"),
        (STRIPE | {"STRIPE_PUBLISHABLE_KEY": ""}, "STRIPE_PUBLISHABLE_KEY"),
        (STRIPE | {"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET"),
        (STRIPE | {"STRIPE_SECRET_KEY": "sk_test_1"}, "STRIPE_SECRET_KEY"),
        (STRIPE | {"STRIPE_PUBLISHABLE_KEY": "pk_test_1"}, "STRIPE_PUBLISHABLE_KEY"),
        (STRIPE | {"STRIPE_BASE_URL": "http://stripe.example.test"}, "STRIPE_BASE_URL"),
        ({"STRIPE_BASE_URL": "https://stripe.example.test"}, "STRIPE_SECRET_KEY"),
        (MTN | {"MTN_BASE_URL": ""}, "MTN_BASE_URL"),
        (MTN | {"MTN_COLLECTION_USER": ""}, "MTN_COLLECTION_USER"),
        (MTN | {"MTN_BASE_URL": "http://momoapi.example.test"}, "MTN_BASE_URL"),
        (MTN | {"MTN_TARGET_ENVIRONMENT": "sandbox"}, "MTN_TARGET_ENVIRONMENT"),
        (MTN | {"MTN_DISBURSEMENT_KEY": "key"}, "MTN_DISBURSEMENT_USER"),
        ({"MTN_DISBURSEMENT_API_KEY": "secret"}, "MTN_COLLECTION_KEY"),
        ({"BREVO_API_KEY": ""}, "BREVO_API_KEY"),
        ({"RECAPTCHA_SITE_KEY": ""}, "RECAPTCHA_SITE_KEY"),
        ({"ALLONOVA_METRICS_TOKEN": "short"}, "ALLONOVA_METRICS_TOKEN"),
        ({"RECAPTCHA_SECRET": ""}, "RECAPTCHA_SECRET"),
        ({"FCM_PROJECT_ID": ""}, "FCM_PROJECT_ID"),
        ({"FCM_SERVICE_ACCOUNT": ""}, "FCM_SERVICE_ACCOUNT"),
        ({"FCM_SERVICE_ACCOUNT": "/nowhere/account.json"}, "FCM_SERVICE_ACCOUNT"),
        ({"FCM_SERVICE_ACCOUNT": '{"client_email": "a@b.test", "private_key": "sec/ret"}'}, "FCM_SERVICE_ACCOUNT"),
        ({"FCM_BASE_URL": "http://fcm.example.test"}, "FCM_BASE_URL"),
        ({"WAVE_BASE_URL": "http://wave.example.test"}, "WAVE_BASE_URL"),
        ({"FCM_TOKEN_URL": "http://fcm.example.test"}, "FCM_TOKEN_URL"),
        ({"MAIL_FROM": ""}, "MAIL_FROM"),
        ({"MAIL_FROM": "AlloCar <no-reply@example.test>"}, "MAIL_FROM"),
        ({"SMTP_URL": "https://mail.example.test"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://user:sec/ret@mail.example.test"}, "SMTP_URL"),
        ({"ALLONOVA_PUBLIC_URL": "http://api.example.test"}, "ALLONOVA_PUBLIC_URL"),
        ({"ALLONOVA_PAYMENT_RETURN_URL": "http://app.example.test"}, "payment return URL"),
        ({"DATABASE_URL": "postgresql://app@db/allonova"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://app@db/allonova?sslmode=disable"}, "DATABASE_URL"),
        ({"DATABASE_REPLICA_URL": "postgresql://app@replica/allonova"}, "DATABASE_REPLICA_URL"),
        ({"REDIS_URL": "redis://cache:6379/0"}, "REDIS_URL must be rediss://"),
        ({"REDIS_URL": "redis+sentinel://cache/main"}, "REDIS_URL must be rediss://"),
        ({"REDIS_URL": "rediss+sentinel://:sec/ret@cache/main"}, "REDIS_URL is not like"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"ALLONOVA_BACKUP_VERIFY_DATABASE_URL": ""}, "ALLONOVA_BACKUP_VERIFY_DATABASE_URL"),
        ({"ALLONOVA_BACKUP_VERIFY_DATABASE_URL": SOUND["DATABASE_URL"]}, "is the live database"),
        ({"MIGRATIONS_DATABASE_URL": "postgresql://owner@db:5432/trials"}, "is the live database"),
        ({"ALLONOVA_BACKUP_DIR": "", "ALLONOVA_BACKUP_VERIFY_DATABASE_URL": ""}, "ALLONOVA_BACKUP_DIR"),
        ({"S3_BUCKET": ""}, "S3_BUCKET"),
        ({"S3_SECRET_KEY": ""}, "S3_SECRET_KEY"),
        ({"S3_ENDPOINT_URL": "http://minio:9000"}, "S3_ENDPOINT_URL"),
        ({"S3_PUBLIC_URL": "http://files.example.test"}, "S3_PUBLIC_URL"),
    ],
)
def test_production_refuses_and_names_it_when_a_setting_is_unsafe(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], named: str
) -> None:
    with pytest.raises(Misconfigured, match=re.escape(named)):
        settings_of(monkeypatch, changes).checked()


def test_every_fault_is_named_when_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misconfigured) as refused:
        settings_of(monkeypatch, {"WAVE_API_KEY": "", "REDIS_URL": "redis://cache"}).checked()
    assert len(refused.value.faults) == 2


def test_production_is_assumed_when_nothing_is_said() -> None:
    assert Settings().env is Env.PRODUCTION


def test_unknown_env_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLONOVA_ENV", "staging")
    with pytest.raises(ValidationError):
        Settings()


def test_embedded_stays_on_loopback_unless_told_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLONOVA_ENV", "embedded")
    assert Settings().checked().bind_host == "127.0.0.1"
    monkeypatch.setenv("ALLONOVA_HOST", "0.0.0.0")  # noqa: S104 - what must be refused
    with pytest.raises(Misconfigured, match="ALLONOVA_EMBEDDED_IS_PUBLIC"):
        Settings().checked()
    monkeypatch.setenv("ALLONOVA_EMBEDDED_IS_PUBLIC", "true")
    assert Settings().checked().bind_host == "0.0.0.0"  # noqa: S104 - as told twice


def test_env_example_lists_every_setting() -> None:
    listed = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == {str(field.validation_alias) for field in Settings.model_fields.values()}


def test_mails_go_by_smtp_when_there_is_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    server = settings_of(monkeypatch, {"SMTP_URL": "smtp://user:secret@mail.example.test"}).checked().smtp_server
    assert server is not None
    assert (server.host, server.port, server.requires_tls) == ("mail.example.test", 587, True)
    assert settings_of(monkeypatch, {"SMTP_URL": ""}).smtp_server is None


@pytest.mark.parametrize("name", ["DATABASE_URL", "MIGRATIONS_DATABASE_URL", "DATABASE_REPLICA_URL", "REDIS_URL"])
def test_password_in_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert "unshown" not in repr(settings_of(monkeypatch, {name: "scheme://user:unshown@host/name"}))


def test_production_starts_when_redis_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(monkeypatch, {"REDIS_URL": "rediss+sentinel://:unshown@a,b:26379/main/0"}).checked()
    assert "unshown" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("SMTP_URL", "smtp://user:sec/ret@mail.example.test"),
        ("REDIS_URL", "rediss://user:sec/ret@cache:6379/0"),
        ("REDIS_URL", "rediss+sentinel://user:sec/ret@cache/main"),
    ],
)
def test_password_stays_out_of_the_fault_when_a_url_is_none(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    with pytest.raises(Misconfigured, match=name) as refused:
        settings_of(monkeypatch, {name: url}).checked()
    assert "sec" not in str(refused.value)


def test_account_is_read_when_its_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text(SOUND["FCM_SERVICE_ACCOUNT"])
    settings = settings_of(monkeypatch, {"FCM_SERVICE_ACCOUNT": str(file)}).checked()
    assert settings.fcm_account == made_up_account()


def test_key_stays_out_of_the_fault_when_the_account_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = json.dumps({**made_up_account(), "private_key": "sec-ret"})
    with pytest.raises(Misconfigured) as refused:
        settings_of(monkeypatch, {"FCM_SERVICE_ACCOUNT": secret}).checked()
    assert "sec-ret" not in str(refused.value)


def test_sender_is_made_up_when_it_is_not_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLONOVA_ENV", "embedded")
    assert Settings().mail_sender == "no-reply@allocar.test"
