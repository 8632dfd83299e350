"""What a process that serves the API loads before it is asked for anything."""

from __future__ import annotations

import subprocess
import sys

# What few requests need, or another process, or another mode.
HEAVY = (
    "PIL",
    "alembic",
    "allonova.adapters.memory",
    "allonova.adapters.sandbox",
    "allonova.main.drill",
    "allonova.main.embedded",
    "allonova.main.seed",
    "boto3",
    "botocore",
    "geoalchemy2",
    "google.oauth2.service_account",
    "jinja2",
    "openpyxl",
    "phonenumbers",
    "reportlab",
    "requests",
    "sentry_sdk",
    "sqlalchemy.orm",
    "stripe",
    "xlsxwriter",
    "zxcvbn",
)
BUILT = """
import sys
import allonova.main.cli, allonova.main.observing, allonova.main.serving
from allonova.main.full import create_api
from allonova.main.settings import Settings
create_api(Settings(env="test", with_sandbox=False), allonova.main.serving.Exit())
print(*sys.modules)
"""


def test_heavy_modules_are_not_loaded_when_the_api_is_built() -> None:
    ran = subprocess.run([sys.executable, "-c", BUILT], capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert sorted(set(HEAVY) & set(ran.stdout.split())) == []
