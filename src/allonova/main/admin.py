"""`allonova admin`: who works in the back office, from the command line."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from pydantic import TypeAdapter, ValidationError

from allonova.adapters.http.fields import Email, NewPassword
from allonova.application.identity.change_admin import ChangeAdmin
from allonova.application.identity.create_admin import CreateAdmin
from allonova.application.identity.invite_admin import InviteAdmin
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.kernel.errors import AlreadyExists, DomainError, NotFound
from allonova.domain.kernel.errors import ValidationError as Unsound
from allonova.main.full import running_service
from allonova.main.settings import Env, Misconfigured, Settings
from allonova.main.wiring import Service


def administer(args: argparse.Namespace, settings: Settings) -> int:
    """Run `admin create|link|change`. Raises Misconfigured for whatever does not fit."""
    if settings.env is Env.EMBEDDED:
        raise Misconfigured(["the demo in memory has accounts of its own: set ALLONOVA_ENV and DATABASE_URL"])
    email = _sound("email", Email, args.email)
    password = None
    if args.deed == "create" and args.password_stdin:
        password = _sound("password", NewPassword, sys.stdin.readline().rstrip("\r\n"))
    try:
        said = asyncio.run(_do(settings, args, email, password))
    except DomainError as error:
        raise Misconfigured([_reason(error)]) from None
    sys.stdout.write(f"{said}\n")
    return 0


async def _do(settings: Settings, args: argparse.Namespace, email: str, password: str | None) -> str:
    async with running_service(settings) as service:
        match args.deed:
            case "create":
                return await _create(service, email, Role(args.role), password)
            case "link":
                return await _link(service, email)
            case _:
                return await _change(service, email, args)


async def _create(service: Service, email: str, role: Role, password: str | None) -> str:
    create: Any = service.edge.use[CreateAdmin]
    await create(by=SYSTEM, email=email, role=role, password=password)
    return f"{email} may log in as {role}" if password else await _link(service, email)


async def _link(service: Service, email: str) -> str:
    invite: Any = service.edge.use[InviteAdmin]
    url = await invite(by=SYSTEM, who=email, mailed=False)
    return f"sets the password of {email}, once, within 24 hours: {url}"


async def _change(service: Service, email: str, args: argparse.Namespace) -> str:
    change: Any = service.edge.use[ChangeAdmin]
    role = None if args.role is None else Role(args.role)
    is_active = None if args.active is None else args.active == "yes"
    admin = await change(by=SYSTEM, who=email, role=role, is_active=is_active, reset_totp=args.reset_totp)
    is_open, totp = "open" if admin.is_active else "closed", "on" if admin.totp_enabled else "off"
    return f"{admin.email}: {admin.role}, {is_open}, authenticator {totp}"


def _sound(name: str, kind: Any, text: str) -> str:
    """An argument as the API would take it."""
    try:
        found: str = TypeAdapter(kind).validate_python(text)
    except ValidationError as error:
        raise Misconfigured([f"{name}: {fault['msg']}" for fault in error.errors()]) from None
    return found


def _reason(error: DomainError) -> str:
    match error:
        case AlreadyExists():
            return "this e-mail has an account"
        case NotFound():
            return "no open account has this e-mail"
        case Unsound(fields=(fault, *_)):
            return f"{fault.path}: {fault.message}"
        case _:
            return str(error)
