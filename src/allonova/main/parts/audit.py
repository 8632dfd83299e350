"""The audit log: read, sealed every minute, proven every night."""

from __future__ import annotations

from allonova.application.audit import seal_audit, verify_audit
from allonova.application.audit.ports import AuditQueries, AuditUnit
from allonova.application.audit.seal_audit import SealAudit
from allonova.application.audit.verify_audit import CheckAudit, VerifyAudit
from allonova.application.kernel.ports import Begin
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S = {seal_audit.JOB: 60, verify_audit.JOB: 600}
LIMIT_S = {verify_audit.JOB: verify_audit.LIMIT_S}


def build(platform: Platform, outside: Outside) -> Part:
    """The audit log on its adapters."""
    begin: Begin[AuditUnit] = platform.begin
    return Part(
        use={AuditQueries: platform.audit},
        jobs={
            seal_audit.JOB: SealAudit(begin, platform.clock),
            verify_audit.JOB: CheckAudit(begin, VerifyAudit(platform.audit), platform.clock, outside.ids),
        },
    )
