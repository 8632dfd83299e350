"""Whether the process of this container answers: the worker on its own port, the API on its.

Of the standard library alone, since it is started every few seconds.
"""

import http.client
import os
import sys

TIMEOUT_S = 4


def main() -> int:
    """The exit code that a HEALTHCHECK wants: 0, or 1 when nobody answers."""
    port = int(os.environ.get("ALLONOVA_WORKER_PORT") or os.environ.get("PORT") or 8000)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
