"""How often one may call, counted in Redis."""

from __future__ import annotations

import os

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

PER_MINUTE = "60 per minute"
limiter = Limiter(get_remote_address, storage_uri=os.environ["REDIS_URL"])
