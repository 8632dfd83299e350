"""What is promised: each promise under a short name that its tests bear."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise.

    Args:
        name: Stable; tests bear it.
        says: The promise itself.
        full: What shows it in full.
        sample: What CI runs when that is less; a test of it then has a larger count in `make prove`.
        command: Runs it in full, where that is not `make prove PROMISE=name`.
        elsewhere: What of it is shown somewhere else, or not at all, and why.
    """

    name: str
    says: str
    full: str
    sample: str = ""
    command: str = ""
    elsewhere: str = ""


MONEY = (
    Promise(
        name="books-balance",
        says="the books balance, whoever writes",
        full="5,000 steps of every kind of deed, the books proved after each; an unbalanced entry by SQL is refused",
    ),
    Promise(
        name="no-oversell",
        says="no seat is sold twice, on any stretch",
        full="200 takers of 3 seats × 20 rounds, accepts, payments and ending holds at once: oversold 0, undersold 0",
        sample="2 rounds",
    ),
    Promise(
        name="no-negative-balance",
        says="no balance falls below zero",
        full="100 withdrawals, and 100 payments, of a whole wallet at once × 20: one success, no 5xx",
        sample="3 rounds of withdrawals, 1 of payments",
    ),
    Promise(
        name="one-payout",
        says="a driver is paid once for a period",
        full="200 drivers, API and worker killed 30 ×, a provider that accepts and says nothing, two runs and the job",
        sample="20 drivers, 1 kill",
    ),
    Promise(
        name="one-effect-per-key",
        says="an idempotency key means one effect",
        full="20 copies at once × 20 rounds: one effect, equal answers; another body 422; after a crash too",
        sample="2 rounds",
    ),
    Promise(
        name="webhooks-forged",
        says="forged, stale and malformed webhooks change nothing",
        full="every kind of bad signature: 401 and the database as it was; 200,000 made-up inputs for each verifier",
        sample="a few thousand inputs for each verifier",
    ),
    Promise(
        name="webhooks-any-order",
        says="order and number of webhooks do not matter",
        full="every permutation of what a provider may say, each twice; 50 copies at once × 20: same end, one effect",
        sample="2 rounds of copies",
    ),
    Promise(
        name="webhooks-lost",
        says="what a provider never told is settled anyway",
        full="50 payments whose callbacks are all lost: settled within two polls",
        sample="8 payments",
    ),
    Promise(
        name="refunds-bounded",
        says="no more goes back than was paid",
        full="20 refunds of 60 % at once: one is done",
    ),
    Promise(
        name="reconciliation",
        says="reconciliation finds every difference and no other",
        full="5 kinds × 10 planted: 50 found, 0 false; a second run changes nothing",
        sample="5 kinds × 3",
    ),
    Promise(
        name="lost-updates",
        says="nobody overwrites what he has not seen",
        full="two dispatchers move one card 100 ×: one wins each time, the other gets 412 and the card as it is",
    ),
)
PEOPLE = (
    Promise(
        name="who-may",
        says="everybody may do what the tables say, and nothing else",
        full="every operation × everybody there is, with ids of others; requests made up by Schemathesis",
        sample="every operation × everybody; 20 requests an operation",
    ),
    Promise(
        name="out-is-out",
        says="who is out is out",
        full="logout, suspension, another password or role: refresh dead at once, sockets closed in 5 s; a ticket once",
    ),
    Promise(
        name="tokens",
        says="a token that is not sound opens nothing",
        full="no or another algorithm, tricks with `kid`, times, audience, issuer, missing claims, cut, of nobody: 401",
        sample="all but most of 200,000 made-up tokens",
    ),
    Promise(
        name="refresh-rotation",
        says="a stolen refresh token ends its family",
        full="any ancestor that comes back kills its descendants; 20 refreshes at once end in one live chain",
    ),
    Promise(
        name="accounts-alike",
        says="nobody learns who has an account",
        full="login, code, reset, registration, link, social: the same answer, work and time, known or not",
        sample="answers and work; 41 pairs of times for each door are taken in full alone",
    ),
    Promise(
        name="links-once",
        says="a link works once, for whoever holds it",
        full="128 bits, kept as a hash; 20 uses at once: one works; a look uses nothing; Host is not believed",
    ),
    Promise(
        name="password-cost",
        says="a password costs what it must, and nobody else waits",
        full="Argon2id 19 MiB in a thread, for unknown people too; `/healthz` stays quick while 20 log in",
    ),
    Promise(
        name="remembered-refusals",
        says="a refusal that counts is not rolled back with the deed",
        full="wrong codes and passwords, stolen tokens, wrong amounts and refused requests are kept",
    ),
    Promise(
        name="counters",
        says="a limit holds when many come at once",
        full="100 guesses, sends or uses at once: exactly the limit passes",
    ),
)
DOORS = (
    Promise(
        name="mass-assignment",
        says="nobody sets or reads what is not his to set or read",
        full="every write with fields that are not declared: 422, row unchanged; every read: the declared keys alone",
    ),
    Promise(
        name="uploads",
        says="a file is what it says, and somebody's own",
        full="a byte too many, another type, two files in one, scripts, bombs, others' keys, old URLs: refused",
    ),
    Promise(
        name="no-500",
        says="no input causes a fault",
        full="400 requests made up for each operation, sent as everybody; NUL, surrogates, NaN, huge and deep values",
        sample="20 requests for each operation",
    ),
    Promise(
        name="exports-inert",
        says="no export runs in a spreadsheet",
        full="names that begin with `=`, `+`, `-`, `@`, tab, quote, newline: no formula, one row a record",
    ),
    Promise(
        name="no-ssrf",
        says="nobody makes us call whom he wants",
        full="every URL that comes from outside: loopback, link-local, odd notations, redirects: no connection",
    ),
    Promise(
        name="cors-headers",
        says="foreign pages read nothing, and every answer bears its headers",
        full="8 origins × 6 routes; security headers on 2xx, 4xx and 5xx",
    ),
    Promise(
        name="no-injection",
        says="no value becomes SQL, no comparison leaks",
        full="rules over the source: f-strings into SQL, float on money, `verify=False`, `==` on digests: none",
    ),
    Promise(
        name="caller-address",
        says="nobody chooses the address that he is counted under",
        full="forwarded addresses count from a proxy of ours alone, and its last hop alone",
    ),
    Promise(
        name="signature-parsers",
        says="a malformed signature is refused like any other",
        full="every malformed header or body: the verifier's own refusal and nothing else; 200,000 made-up inputs each",
        sample="a few thousand inputs each",
    ),
    Promise(
        name="no-leaks",
        says="secrets and personal data stay out of logs, traces, errors and figures",
        full="all tests, with canaries as password, code, token, phone, number and mail: none seen",
        command="make test",
    ),
    Promise(
        name="sealed-at-rest",
        says="what is most personal is unreadable at rest, and keys rotate",
        full="canaries absent from `pg_dump`; a value that was moved does not open; rotation under load without error",
        sample="a rotation of 300 rows instead of 5,000",
    ),
)
MACHINES = (
    Promise(
        name="nothing-lost",
        says="what was acknowledged is there, whoever dies",
        full="200 events: processes killed after the commit, Redis emptied and restarted; each effect once",
        sample="40 events",
    ),
    Promise(
        name="servers-restart",
        says="PostgreSQL or Redis restarts under load, and all comes back by itself",
        full="3 restarts and 3 kills of each: only 503 meanwhile, an answer within 10 s, worker and sockets back",
        sample="1 kill of each",
    ),
    Promise(
        name="reconnect",
        says="who loses the network misses nothing",
        full="100 drops over 1,000 events: each once and in order, or told to read anew",
        sample="100 drops over 1,000 events in one process; 200 events over processes that die",
    ),
    Promise(
        name="slow-provider",
        says="a slow provider stays its own problem",
        full="it sleeps 30 s: no idle transaction, others' p95 at most 1.2 ×, its breaker opens",
        sample="others' p95 at most 2 ×, measured for 2 s",
    ),
    Promise(
        name="restore",
        says="a backup comes back",
        full="row for row to the last dump, and to the second before a `DELETE`; a broken file fails loudly",
        elsewhere="`make restore-drill` proves the newest backup of a running service.",
    ),
    Promise(
        name="migrations-under-load",
        says="migrations do not stop the traffic",
        full="each revision under load with a long reader: no 5xx; up, down and up again",
        sample="the newest revision",
    ),
    Promise(
        name="graceful-stop",
        says="a process that is told to stop cuts nobody off",
        full="200 requests a second and 200 sockets: none fails, sockets 1012, ended within 20 s; jobs go on once",
        sample="50 requests a second and 50 sockets",
    ),
    Promise(
        name="soak",
        says="it goes on under a mixed load while its parts fail in turn",
        full="15 minutes: Redis, PostgreSQL, providers, worker and API fail; books equal, memory flat",
        sample="a few seconds",
        command="make soak",
    ),
    Promise(
        name="commit-before-answer",
        says="no answer leaves before its commit",
        full="the process is killed after 20 of 60 answers: every acknowledged booking is kept",
    ),
    Promise(
        name="locks-in-order",
        says="nobody waits in a circle",
        full="deeds that lock the same things, in opposite orders, at once: no deadlock",
    ),
    Promise(
        name="jobs-are-rows",
        says="a job that matters is a row, done once however many workers there are",
        full="three workers, a worker killed in the middle, ticks slept through: once, and caught up",
    ),
    Promise(
        name="outbox-order",
        says="what was told is told in the order of its commits, and nothing is skipped",
        full="relays at once, commits out of order: each event once, numbered as it was committed",
    ),
    Promise(
        name="redis-down",
        says="without Redis the core works",
        full="book, accept and pay; codes, logins and refreshes are refused with 503; other limits hold in the process",
    ),
    Promise(
        name="slow-reader",
        says="one who does not read holds up nobody",
        full="a silent socket is sent away while others read, and little is kept for it",
    ),
)
PROMISES = (*MONEY, *PEOPLE, *DOORS, *MACHINES)
