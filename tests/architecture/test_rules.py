"""Our own rules: the source keeps them, and each refuses what it is there for."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.architecture.rules import RULES, faults
from tests.architecture.syntax import Module

ROOT = Path(__file__).parents[2]
MODULES = [
    Module(PurePosixPath(path.relative_to(ROOT).as_posix()), path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "src/allonova").rglob("*.py"))
]
POSTGRES, HTTP, DOMAIN = "adapters/postgres/x.py", "adapters/http/x.py", "domain/kernel/x.py"
PLANTS = [
    ("sql-text", POSTGRES, "await c.fetch(f'SELECT * FROM {table}')"),
    ("sql-text", POSTGRES, "await c.execute('SELECT 1 WHERE a = %s' % a)"),
    ("sql-text", POSTGRES, "await c.fetchrow(BASE + condition)"),
    ("sql-text", POSTGRES, "await c.fetchval('SELECT {}'.format(a))"),
    ("sql-text", POSTGRES, "statement = f'''\n DELETE FROM users WHERE id = {id}'''"),
    ("sql-text", POSTGRES, "text(f'status = {status}')"),
    ("sql-text", POSTGRES, "sqlalchemy.text('status = ' + status)"),
    ("tls-verify", HTTP, "httpx.AsyncClient(verify=False)"),
    ("tls-verify", HTTP, "context.check_hostname = False"),
    ("tls-verify", HTTP, "context.verify_mode = ssl.CERT_NONE"),
    ("digest-compare", HTTP, "hmac.new(key, body, 'sha256').hexdigest() == given"),
    ("digest-compare", HTTP, "given != event.signature"),
    ("digest-compare", HTTP, "hashed == user.token_hash"),
    ("digest-compare", HTTP, "headers['signature'] in signatures"),
    ("float-money", DOMAIN, "float(payment.amount)"),
    ("float-money", DOMAIN, "float(body['price_per_seat'])"),
    ("float-money", DOMAIN, "def f(balance: float | None) -> None: ..."),
    ("float-money", DOMAIN, "class C:\n    amount_total: float"),
    ("bare-except", DOMAIN, "try:\n    f()\nexcept:\n    pass"),
    ("print", HTTP, "print('here')"),
    ("environment", HTTP, "import os\nos.environ['A']"),
    ("environment", "main/wiring.py", "import os\nos.getenv('A')"),
    ("environment", "main/wiring.py", "from os import environ"),
    ("pure-imports", DOMAIN, "import pydantic"),
    ("pure-imports", "application/money/x.py", "from httpx import AsyncClient"),
    ("pure-imports", "application/money/x.py", "import random"),
    ("pure-imports", DOMAIN, "from . import errors"),
    ("sql-text", POSTGRES, "await c.fetch(BASE.format(table))"),
    ("sql-text", POSTGRES, "literal_column(f'l.{name}')"),
    ("runs-data", HTTP, "pickle.loads(body)"),
    ("runs-data", HTTP, "yaml.load(text)"),
    ("runs-data", HTTP, "eval(text)"),
    ("runs-data", HTTP, "from pickle import loads"),
    ("shell", HTTP, "subprocess.run(command, shell=True)"),
    ("shell", HTTP, "os.system(f'convert {name}')"),
    ("shell", HTTP, "await asyncio.create_subprocess_shell(command)"),
    ("weak-random", HTTP, "token = random.randbytes(16)"),
    ("weak-random", HTTP, "from random import choice"),
    ("outgoing", HTTP, "await httpx.AsyncClient().get(body.url)"),
    ("outgoing", HTTP, "httpx.get(url)"),
    ("outgoing", HTTP, "urllib.request.urlopen(url)"),
    ("outgoing", HTTP, "from httpx import AsyncClient"),
    ("outgoing", "adapters/vendors/http.py", "http.stream('GET', url, follow_redirects=True)"),
    ("logged-values", HTTP, "log.info(f'{user} came')"),
    ("logged-values", HTTP, "log.info('came %s', user)"),
    ("logged-values", HTTP, "log.warning('came', extra={'phone': user})"),
    ("logged-values", HTTP, "log.error('failed', extra={'what': str(error)})"),
    ("logged-values", HTTP, "log.info('came', extra={'of': len(message.body)})"),
    ("logged-values", HTTP, "log.log(level, text)"),
]
HARMLESS = [
    ("sql-text", POSTGRES, "await c.fetch('SELECT 1 FROM users WHERE id = $1', id)"),
    ("sql-text", POSTGRES, "messenger.text(to=f'+{number}')"),
    ("sql-text", POSTGRES, "log.info(f'Select {one}')"),
    ("tls-verify", HTTP, "httpx.AsyncClient(verify=True)"),
    ("digest-compare", HTTP, "hmac.compare_digest(mac.hexdigest(), signature)"),
    ("digest-compare", HTTP, "signature == ''"),
    ("digest-compare", HTTP, "secret == DEMO_SECRET"),
    ("float-money", DOMAIN, "float(user.rating_avg)"),
    ("print", "main/cli.py", "print('here')"),
    ("environment", "main/settings.py", "import os\nos.environ['A']"),
    ("environment", "main/cli.py", "import os\nos.environ['A'] = b\nos.environ.setdefault('A', b)"),
    ("pure-imports", HTTP, "import fastapi"),
    ("pure-imports", DOMAIN, "import hashlib\nfrom allonova.domain.kernel import errors"),
    ("runs-data", HTTP, "json.loads(body)\nre.compile('a')\nyaml.safe_load(text)"),
    ("shell", HTTP, "subprocess.run([program, name])"),
    ("weak-random", HTTP, "secrets.token_bytes(16)\nrandom.SystemRandom()"),
    ("weak-random", "main/seed_many/dice.py", "random.Random(1)"),
    ("outgoing", "main/full.py", "httpx.AsyncClient(trust_env=False)"),
    ("outgoing", "adapters/vendors/http.py", "http.stream('GET', url, follow_redirects=False)"),
    ("logged-values", HTTP, "log.info('came', extra={'status': 200, 'error': type(error).__name__})"),
    ("logged-values", HTTP, "log.log(level, 'came', extra={'user_id': str(user.id)})"),
    ("bare-except", DOMAIN, "try:\n    f()\nexcept:  # allow: bare-except - it is raised again\n    raise"),
]


def planted(path: str, text: str) -> Module:
    return Module(PurePosixPath("src/allonova") / path, text)


@pytest.mark.promise("no-injection")
@pytest.mark.parametrize("rule", RULES)
def test_source_keeps_the_rule(rule: str) -> None:
    assert [fault for module in MODULES for fault in faults(rule, module)] == []


@pytest.mark.promise("no-injection")
@pytest.mark.parametrize(("rule", "path", "text"), PLANTS)
def test_rule_is_broken_when_a_violation_is_planted(rule: str, path: str, text: str) -> None:
    assert len(faults(rule, planted(path, text))) == 1


@pytest.mark.parametrize(("rule", "path", "text"), HARMLESS)
def test_rule_is_kept_when_the_code_is_harmless(rule: str, path: str, text: str) -> None:
    assert faults(rule, planted(path, text)) == []


def test_each_rule_has_a_plant() -> None:
    assert {rule for rule, _, _ in PLANTS} == set(RULES)
