"""Every figure that `/metrics` shows. Labels have few values: never an id, never anything about a person."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SOON_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Bounds for what somebody waits for; 0.3 and 2 are the targets of the source document."""

ROUGH_S = (0.05, 0.3, 2.0, 15.0)
"""The same for what has hundreds of names: each bound is a line of each of them, in every scrape."""

LONG_S = (0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)
"""Bounds for what runs by itself."""

HTTP_REQUESTS = Counter("http_requests", "Answers.", ["method", "route", "status"])
HTTP_SECONDS = Histogram(
    "http_request_seconds", "From a request's head to its answer's end.", ["method", "route"], buckets=SOON_S
)
USE_CASE_SECONDS = Histogram(
    "allonova_use_case_seconds", "Deeds that routes asked for.", ["name", "outcome"], buckets=ROUGH_S
)
DELIVERY_SECONDS = Histogram(
    "allonova_delivery_seconds", "Events handed to who hears of them.", ["name", "outcome"], buckets=ROUGH_S
)
EVENTS = Counter("allonova_events", "Facts that were committed.", ["event", "detail"])
LIMITS_UNSHARED = Counter(
    "allonova_limits_unshared", "Calls counted in one process, or refused, since Redis could not count.", ["outcome"]
)

JOB_SECONDS = Histogram("allonova_job_seconds", "Runs of jobs.", ["name", "outcome"], buckets=LONG_S)
JOB_PERIOD_S = Gauge("allonova_job_period_seconds", "How often a job of this process runs by itself.", ["name"])
JOB_SUCCEEDED_AT = Gauge(
    "allonova_job_succeeded_timestamp_seconds", "When it last ended well, or the process began.", ["name"]
)

PROVIDER_SECONDS = Histogram(
    "allonova_provider_call_seconds", "Calls to providers.", ["name", "outcome"], buckets=SOON_S
)
PROVIDER_SPARED = Counter(
    "allonova_provider_spared", "Calls not made, since the provider's breaker was open.", ["name"]
)
BREAKER_OPEN = Gauge("allonova_breaker_open", "Whether a provider is left in peace.", ["name"])

POOL_WAIT_SECONDS = Histogram(
    "allonova_pool_wait_seconds", "Waits for a connection when none was free.", buckets=SOON_S
)
POOL_WAITING = Gauge("allonova_pool_waiting", "Who waits for a connection now.")
REPLICA_USED = Gauge("allonova_replica_used", "Whether a replica is read; where there is none, nothing.", ["what"])
REPLICA_LAG_S = Gauge("allonova_replica_lag_seconds", "How old what the replica shows may be.", ["what"])
REDIS_HEARD = Gauge("allonova_redis_heard", "Whether this process hears what Redis publishes.", ["what"])

SOCKETS_OPEN = Gauge("allonova_sockets_open", "Sockets that follow a channel.", ["channel"])
SOCKET_FRAMES = Counter("allonova_socket_frames", "Frames shown, each socket counted.", ["channel"])
SOCKET_RESYNCS = Counter("allonova_socket_resyncs", "Sockets that were told to read anew.", ["channel"])
SOCKET_CLOSES = Counter("allonova_socket_closes", "Ends of sockets and of handshakes: our code, or `left`.", ["code"])

BACKLOG_READ = Gauge("allonova_backlog_read", "Whether the figures of the database below could be read.")
BACKLOG = Gauge("allonova_backlog", "What waits in a queue.", ["queue"])
BACKLOG_OLDEST_S = Gauge("allonova_backlog_oldest_seconds", "For how long the oldest of it has been due.", ["queue"])
TICK_AT = Gauge(
    "allonova_tick_timestamp_seconds", "When a job with a turn a day or an hour last finished one.", ["job", "outcome"]
)
PAYMENTS = Gauge("allonova_payments_lately", "Payments that were begun within the last hour.", ["method", "status"])
PAYOUTS = Gauge("allonova_payouts_lately", "Payouts that were made within the last day.", ["method", "status"])
ARCHIVED_AT = Gauge(
    "allonova_wal_archived_timestamp_seconds", "When PostgreSQL last archived its log, or failed to.", ["outcome"]
)
ARCHIVING = Gauge("allonova_wal_archiving", "Whether PostgreSQL archives its log.")
