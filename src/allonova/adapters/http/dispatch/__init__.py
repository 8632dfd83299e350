"""NOVA over HTTP. Routers carry their whole prefix (`/api`, `/auth`) and their own limit."""

from __future__ import annotations

from fastapi import APIRouter

from allonova.adapters.http.dispatch import (
    audit_log,
    clients,
    commandes,
    commandes_read,
    courses,
    demandes,
    dossiers,
    forms,
    interventions,
    notifications,
    onboarding,
    pages,
    phones,
    societe,
    staff_auth,
    staff_me,
    stats,
    suivi_page,
    taxis,
    tickets,
    users,
)

ROUTERS: tuple[APIRouter, ...] = (
    onboarding.router,
    staff_auth.router,
    staff_me.router,
    users.router,
    societe.router,
    pages.router,
    commandes.router,
    commandes_read.router,
    courses.router,
    demandes.router,
    forms.router,
    suivi_page.router,
    stats.router,
    taxis.router,
    clients.router,
    dossiers.client_router,
    dossiers.staff_user_router,
    phones.router,
    interventions.router,
    notifications.router,
    audit_log.router,
    tickets.router,
)
