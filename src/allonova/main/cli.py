"""The command line: `allonova run|serve|worker|sandbox|migrate|seed|demo|admin|books|audit|backup|keys|docs`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from allonova.domain.identity.roles import Role
from allonova.main.malloc import give_memory_back
from allonova.main.settings import Env, Misconfigured, Settings, choose_run_mode, pass_to_children

if TYPE_CHECKING:
    from fastapi import FastAPI

    from allonova.main.serving import Exit

log = logging.getLogger(__name__)

# What answers leave behind is small and mostly in no circle: by Python's own 700, the collector took 3 % of the CPU of
# bookings and reads to find next to nothing.
COLLECT_AFTER = (20_000, 20, 50)
LOST_S = 1.0  # between two tries of a worker without its Redis

ROOT = Path(__file__).resolve().parents[3]


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; exits with its code."""
    args = _parser().parse_args(argv)
    give_memory_back()
    try:
        code = args.command(args)
    except Misconfigured as error:
        code = _complain(error.faults)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="allonova", description="AlloCar carpooling and NOVA dispatch.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, help_text in (
        ("run", run, "start everything: in memory, or on DATABASE_URL and REDIS_URL"),
        ("serve", serve, "the API alone"),
        ("worker", worker, "the arq worker alone"),
        ("sandbox", sandbox, "the played outside world alone"),
        ("migrate", migrate, "bring DATABASE_URL to the newest revision"),
        ("demo", demo, "play both main stories against a running service"),
    ):
        commands.add_parser(name, help=help_text).set_defaults(command=command)
    _add_seed(commands.add_parser("seed", help="put the demo data into DATABASE_URL"))
    _add_admin(commands.add_parser("admin", help="who works in the back office"))
    books = commands.add_parser("books", help="the books").add_subparsers(required=True, metavar="WHAT")
    books.add_parser("verify", help="prove that they balance").set_defaults(command=verify_books)
    audit = commands.add_parser("audit", help="the audit log").add_subparsers(required=True, metavar="WHAT")
    verify = audit.add_parser("verify", help="prove that nobody wrote it anew, and print its head")
    verify.add_argument("--head", metavar="HASH", help="printed by an earlier proof: it must still be there")
    verify.set_defaults(command=verify_audit)
    _add_backup(commands.add_parser("backup", help="make a backup now, prove one, put one back"))
    keys = commands.add_parser("keys", help="the server's secrets").add_subparsers(required=True, metavar="WHAT")
    keys.add_parser("status", help="which of them values, hashes and backups need").set_defaults(command=keys_status)
    keys.add_parser("rotate", help="seal everything by the first of them").set_defaults(command=rotate_keys)
    docs = commands.add_parser("docs", help="generated files").add_subparsers(required=True, metavar="WHAT")
    docs.add_parser("write", help="write them").set_defaults(command=write_docs)
    docs.add_parser("check", help="compare them").set_defaults(command=check_docs)
    return parser


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=seed)
    parser.add_argument("--users", type=int, metavar="N", help="so many people beside it, with their rides and money")
    parser.add_argument("--seed", type=int, default=1, metavar="NUMBER", help="what they follow from: 0 to 99")
    parser.add_argument("--day", type=date.fromisoformat, help="around which they ride; today by default")


def _add_admin(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(required=True, metavar="WHAT", dest="deed")
    create = deeds.add_parser("create", help="open an account, and print a link that sets its password")
    create.add_argument("--role", choices=[role.value for role in Role], required=True)
    create.add_argument("--password-stdin", action="store_true", help="read the password; there is no link then")
    change = deeds.add_parser("change", help="another role, open or closed, without the authenticator that was lost")
    change.add_argument("--role", choices=[role.value for role in Role])
    change.add_argument("--active", choices=["yes", "no"])
    change.add_argument("--reset-totp", action="store_true")
    for command in (create, change, deeds.add_parser("link", help="print a new link that sets the password")):
        command.add_argument("email", metavar="EMAIL")
        command.set_defaults(command=administer)


def _add_backup(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=back_up, deed="make")
    deeds = parser.add_subparsers(metavar="WHAT", dest="deed")
    verify = deeds.add_parser("verify", help="restore a file into the verification database, and compare")
    put_back = deeds.add_parser("restore", help="restore a file into an empty database, and compare")
    put_back.add_argument("--into", metavar="URL", required=True, help="of a superuser; - reads it from standard input")
    for command in (verify, put_back):
        command.add_argument("file", metavar="FILE", type=Path)
    drill = deeds.add_parser("drill", help="put the newest back where nobody is, and look at it as if it were needed")
    drill.add_argument("--fresh", action="store_true", help="make one first")


def _settings() -> Settings:
    try:
        return Settings().checked()
    except ValidationError as error:
        faults = [f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors()]
        raise Misconfigured(faults) from None


def _complain(faults: Sequence[str]) -> int:
    for fault in faults:
        sys.stderr.write(f"allonova: {fault}\n")
    return 2


def run(_: argparse.Namespace) -> int:
    """One process in embedded mode; else migrations and demo data first, then all processes, supervised."""
    choose_run_mode()
    settings = _settings()
    _greet(settings)
    if settings.env is Env.EMBEDDED:
        return serve(argparse.Namespace())
    migrate(argparse.Namespace())
    if settings.with_sandbox:
        seed(argparse.Namespace())
    pass_to_children(settings, programs=Path(sys.executable).parent, sandbox_port=_free_port())
    supervise = str(ROOT / "scripts/supervise.py")
    sys.stdout.flush()
    return os.execv(sys.executable, [sys.executable, supervise])  # nosec B606 # noqa: S606 - our own script by our own interpreter


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _greet(settings: Settings) -> None:
    from allonova.main.seed import ADMIN_EMAIL, DEMO_PASSWORD  # noqa: PLC0415 - no other process needs the demo data
    from allonova.main.seed_nova import ADMIN as NOVA_ADMIN  # noqa: PLC0415
    from allonova.main.seed_nova import CHAUFFEUR  # noqa: PLC0415

    lines = [f"AlloNova ({settings.env}) on {settings.base_url}", f"  docs     {settings.base_url}/api/docs"]
    if settings.with_sandbox:
        lines += [
            f"  sandbox  {settings.base_url}/sandbox/outbox?channel=sms  (the codes that went out by SMS)",
            "  demo accounts, by SMS code: driver +2250700000001, passengers +2250700000002 and +2250700000003",
            f"  back office: {', '.join(ADMIN_EMAIL.format(role=role) for role in Role)}",
            f"  NOVA: {NOVA_ADMIN}, {CHAUFFEUR.format(number='1…4')}",
            f"  password of all: {DEMO_PASSWORD}",
            "  play both stories with: make demo",
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


@contextmanager
def _loading() -> Iterator[None]:
    """While the program is loaded the collector only looks, again and again, at what stays; and it need not look at
    that ever after: a full round over it holds every request up.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        gc.enable()


def _serve(app: Callable[[Settings, Exit], object], settings: Settings, port: int, *, process: str) -> int:
    with _loading():
        from allonova.main.logs import set_up_logs  # noqa: PLC0415
        from allonova.main.observing import observed  # noqa: PLC0415
        from allonova.main.serving import Exit, Server, server_config  # noqa: PLC0415 - heavy, only serving needs it

    set_up_logs(settings.log_level, process=process)
    has_sockets = process == "api"
    host = settings.bind_host if has_sockets else "127.0.0.1"
    drain_s, leaving = settings.drain_s if has_sockets else 0, Exit()
    config = server_config(app(settings, leaving), host=host, port=port, drain_s=drain_s, sockets=has_sockets)
    server = Server(config, leaving, drain_s=drain_s)
    with observed(settings, process=process):
        server.run()
    return 0 if server.started else 1


def serve(_: argparse.Namespace) -> int:
    """The API; in embedded mode with everything else in it."""
    settings = _settings()
    if settings.env is Env.EMBEDDED:
        from allonova.main.embedded import create_embedded  # noqa: PLC0415

        return _serve(create_embedded, settings, settings.port, process="api")
    with _loading():
        from allonova.main.full import create_api  # noqa: PLC0415 - and nothing of what plays the outside world

    return _serve(create_api, settings, settings.port, process="api")


def sandbox(_: argparse.Namespace) -> int:
    """The played outside world."""
    from allonova.main.played import create_sandbox_process  # noqa: PLC0415

    settings = _settings()
    if not settings.with_sandbox or not settings.sandbox_port:
        raise Misconfigured(["the sandbox needs ALLONOVA_SANDBOX and ALLONOVA_SANDBOX_PORT"])
    return _serve(create_sandbox_process, settings, settings.sandbox_port, process="sandbox")


def worker(_: argparse.Namespace) -> int:
    """The arq worker."""
    with _loading():
        from redis.exceptions import RedisError  # noqa: PLC0415

        from allonova.adapters.postgres.failures import AWAY  # noqa: PLC0415
        from allonova.main.full import run_job_worker  # noqa: PLC0415
        from allonova.main.logs import set_up_logs  # noqa: PLC0415
        from allonova.main.observing import observed  # noqa: PLC0415

    settings = _settings()
    away: tuple[type[Exception], ...] = (RedisError, *AWAY)
    set_up_logs(settings.log_level, process="worker")
    with observed(settings, process="worker"):
        while True:
            try:
                run_job_worker(settings)
            except away as error:  # arq does not outlive its Redis; PostgreSQL may be on its way back
                log.error("the worker lost a server that it needs", extra={"error": type(error).__name__})  # noqa: TRY400
            else:
                return 0
            time.sleep(LOST_S)  # and all over again here: a new process would need longer than a Redis to come back


def migrate(_: argparse.Namespace) -> int:
    """Alembic to the newest revision."""
    from allonova.adapters.postgres.migrate import migrate as upgrade  # noqa: PLC0415

    settings = _settings()
    upgrade(settings.owner_url)
    return 0


def seed(args: argparse.Namespace) -> int:
    """Demo data; with `users`, thousands of people beside it."""
    from allonova.main.embedded import seed as put_in  # noqa: PLC0415
    from allonova.main.full import running_service  # noqa: PLC0415

    settings = _settings()
    if not settings.with_sandbox:
        raise Misconfigured(["everybody knows the passwords of the demo data: it needs ALLONOVA_SANDBOX"])

    async def go() -> bool:
        async with running_service(settings) as service:
            return await put_in(service)

    sys.stdout.write("demo data put in\n" if asyncio.run(go()) else "demo data was there\n")
    if getattr(args, "users", None) is None:
        return 0
    from allonova.main.seed_many.plant import plant  # noqa: PLC0415

    is_new = asyncio.run(plant(settings, users=args.users, seed=args.seed, day=args.day))
    sys.stdout.write(f"{args.users} users put in\n" if is_new else f"those of seed {args.seed} were there\n")
    return 0


def demo(_: argparse.Namespace) -> int:
    """The main story."""
    from allonova.main.demo import play  # noqa: PLC0415

    return play(Settings(env=Env.EMBEDDED).own_url)


def administer(args: argparse.Namespace) -> int:
    """The back office's accounts."""
    from allonova.main.admin import administer as go  # noqa: PLC0415

    return go(args, _settings())


def back_up(args: argparse.Namespace) -> int:
    """Exit code 1 when there is no backup that can be relied on."""
    from allonova.main.backup import back_up as go  # noqa: PLC0415

    return go(args, _settings())


def verify_books(_: argparse.Namespace) -> int:
    """Exit code 1 when a fault was found."""
    from allonova.adapters.postgres.money.books import PostgresBooks  # noqa: PLC0415
    from allonova.adapters.postgres.pool import open_pool  # noqa: PLC0415

    async def go() -> int:
        settings = _settings()
        pool = await open_pool(settings.database_url, min_size=1, max_size=1, pooled=settings.database_pooled)
        try:
            report = await PostgresBooks(pool).verify()
        finally:
            await pool.close()
        for fault in report.faults:
            sys.stdout.write(f"{fault}\n")
        clean = "clean" if not report.faults else f"{len(report.faults)} faults"
        sys.stdout.write(f"books: {report.entries} entries, {report.postings} postings, {clean}\n")
        return 1 if report.faults else 0

    return asyncio.run(go())


def verify_audit(args: argparse.Namespace) -> int:
    """Exit code 1 when a fault was found."""
    from allonova.main.audit import verify_audit as go  # noqa: PLC0415

    return go(_settings(), args.head)


def keys_status(_: argparse.Namespace) -> int:
    """Exit code 1 when something hangs on a key that is not there."""
    from allonova.main.keys import manage_keys  # noqa: PLC0415

    return manage_keys(_settings(), rotate=False)


def rotate_keys(_: argparse.Namespace) -> int:
    """Exit code 1 when a value does not open."""
    from allonova.main.keys import manage_keys  # noqa: PLC0415

    return manage_keys(_settings(), rotate=True)


def write_docs(_: argparse.Namespace) -> int:
    """Generate what follows from the code."""
    from allonova.main.docs import write_docs as write  # noqa: PLC0415

    for path in write(_bare_app(), ROOT):
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    return 0


def check_docs(_: argparse.Namespace) -> int:
    """Exit code 1 when a generated file differs."""
    from allonova.main.docs import check_docs as check  # noqa: PLC0415

    stale = check(_bare_app(), ROOT)
    for line in stale:
        sys.stderr.write(f"{line}\n")
    return 1 if stale else 0


def _bare_app() -> FastAPI:
    from allonova.adapters.http.root import create_app  # noqa: PLC0415
    from allonova.main.wiring import http_config  # noqa: PLC0415

    return create_app(http_config(Settings(env=Env.EMBEDDED)))


if __name__ == "__main__":
    main()
