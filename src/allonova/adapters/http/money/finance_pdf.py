"""The report on finance as a document, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from allonova.adapters.http.paper import Chart, Document, Sheet
from allonova.application.money.finance_report import FinanceReport
from allonova.domain.money.finance import FIGURES

NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Finance report",
        "chart": "Paid and refunded, by day",
        "days": "Day by day",
        "methods": "By way to pay",
        "accounts": "The books: what each account held and what moved",
        "day": "Day",
        "total": "Total",
        "method": "Method",
        "cost": "Kept by the provider",
        "account": "Account",
        "opening": "Opening",
        "debit": "Debit",
        "credit": "Credit",
        "closing": "Closing",
        "paid": "Paid",
        "topups": "Top-ups",
        "refunded": "Refunded",
        "commission": "Commission",
        "fees_kept": "Fees kept",
        "commission_returned": "Commission returned",
        "driver_net": "To drivers, net",
        "penalties": "Penalties",
        "promos": "Promos",
        "referral_bonuses": "Referral bonuses",
        "provider_cost": "Provider cost",
        "losses": "Losses",
        "payouts": "Payouts",
        "withdrawals": "Withdrawals",
        "paid_out": "Paid out",
        "clearing": "Clearing at providers",
        "escrow": "Escrow",
        "driver_payable": "Owed to drivers",
        "refunds_due": "Refunds due",
        "wallet": "Wallets",
        "promo_expense": "Promo expense",
        "payouts_in_flight": "Payouts in flight",
        "loss": "Losses",
        "wave": "Wave",
        "orange": "Orange Money",
        "mtn": "MTN MoMo",
        "card": "Card",
    },
    "fr": {
        "title": "Rapport financier",
        "chart": "Encaissé et remboursé, par jour",
        "days": "Jour par jour",
        "methods": "Par moyen de paiement",
        "accounts": "Les livres : soldes et mouvements de chaque compte",
        "day": "Jour",
        "total": "Total",
        "method": "Moyen",
        "cost": "Retenu par le prestataire",
        "account": "Compte",
        "opening": "Ouverture",
        "debit": "Débit",
        "credit": "Crédit",
        "closing": "Clôture",
        "paid": "Encaissé",
        "topups": "Recharges",
        "refunded": "Remboursé",
        "commission": "Commission",
        "fees_kept": "Frais gardés",
        "commission_returned": "Commission rendue",
        "driver_net": "Aux conducteurs, net",
        "penalties": "Pénalités",
        "promos": "Promotions",
        "referral_bonuses": "Primes de parrainage",
        "provider_cost": "Coût des prestataires",
        "losses": "Pertes",
        "payouts": "Versements",
        "withdrawals": "Retraits",
        "paid_out": "Versé par les prestataires",
        "clearing": "Comptes chez les prestataires",
        "escrow": "Séquestre",
        "driver_payable": "Dû aux conducteurs",
        "refunds_due": "Remboursements dus",
        "wallet": "Portefeuilles",
        "promo_expense": "Dépense de promotion",
        "payouts_in_flight": "Versements en cours",
        "loss": "Pertes",
        "wave": "Wave",
        "orange": "Orange Money",
        "mtn": "MTN MoMo",
        "card": "Carte",
    },
}
_FACTS = ("paid", "refunded", "commission", "fees_kept", "driver_net", "payouts", "withdrawals", "topups")
_BY_METHOD = ("paid", "topups", "refunded", "paid_out", "cost")
_OF_ACCOUNT = ("opening", "debit", "credit", "closing")


def finance_document(report: FinanceReport, language: str, made_at: datetime) -> Document:
    """What is printed of it."""
    names = NAMES[language]
    held = {each.account.value: each.closing for each in report.accounts}
    days = [[each.day, *(getattr(each.figures, name) for name in FIGURES)] for each in report.days]
    days.append([names["total"], *(getattr(report.totals, name) for name in FIGURES)])
    return Document(
        language=language,
        title=names["title"],
        first_day=report.first_day,
        last_day=report.last_day,
        made_at=made_at,
        facts=[
            *((names[name], getattr(report.totals, name)) for name in _FACTS),
            *((f"{names[name]} – {names['closing']}", held[name]) for name in ("wallet", "escrow")),
        ],
        chart=Chart(
            names["chart"],
            [each.day for each in report.days],
            {names[name]: [getattr(each.figures, name) for each in report.days] for name in ("paid", "refunded")},
        ),
        sheets=[
            Sheet(
                names["methods"],
                [names["method"], *(names[name] for name in _BY_METHOD)],
                [
                    [names.get(each.method, each.method), *(getattr(each, name) for name in _BY_METHOD)]
                    for each in report.methods
                ],
            ),
            Sheet(
                names["accounts"],
                [names["account"], *(names[name] for name in _OF_ACCOUNT)],
                [
                    [names.get(each.account, each.account), *(getattr(each, name) for name in _OF_ACCOUNT)]
                    for each in report.accounts
                ],
            ),
            Sheet(names["days"], [names["day"], *(names[name] for name in FIGURES)], days, ends_in_sum=True),
        ],
    )
