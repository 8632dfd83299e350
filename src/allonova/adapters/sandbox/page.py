"""The payer's page as HTML: French, for phones, without JavaScript or anything from another host."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from allonova.adapters.sandbox.world import CheckoutView

_CSS: Final = """
:root{color-scheme:light dark;--ink:#14213d;--soft:#5b6478;--card:#fff;--ground:#eef2f7;--line:#dde3ec;
--go:#0b7a5c;--stop:#a4262c;--note:#fff6dd;--noteink:#6b4e00}
@media (prefers-color-scheme:dark){:root{--ink:#eef2f7;--soft:#a9b3c6;--card:#1b2436;--ground:#0f1522;
--line:#33405a;--go:#0d8062;--stop:#ff8a8f;--note:#3a2f10;--noteink:#ffe2a0}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;padding:1rem;
background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--line);border-radius:1.25rem;
padding:1.5rem;box-shadow:0 .5rem 2rem rgb(20 33 61 / .08)}
.tag{display:inline-block;margin:0 0 1rem;padding:.2rem .7rem;border-radius:1rem;background:var(--note);
color:var(--noteink);font-size:.8rem;font-weight:600}
h1{margin:0;font-size:1.1rem;font-weight:500;overflow-wrap:anywhere}
.sum{margin:.25rem 0 1.25rem;font-size:2.4rem;font-weight:700;line-height:1.2;letter-spacing:-.02em}
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem;margin:0 0 1.25rem;padding:1rem 0;
border-block:1px solid var(--line);font-size:.9rem}
dt{color:var(--soft)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
.note{margin:0 0 1rem;padding:.75rem 1rem;border-radius:.75rem;background:var(--note);color:var(--noteink)}
button,a.button{display:block;width:100%;min-height:3.25rem;margin-top:.75rem;padding:.8rem;border-radius:.9rem;
border:2px solid transparent;font:inherit;font-weight:600;text-align:center;
text-decoration:none;cursor:pointer}
.pay{background:var(--go);color:#fff}
.fail{background:transparent;border-color:var(--line);color:var(--stop)}
button:focus-visible,a:focus-visible{outline:3px solid var(--soft);outline-offset:2px}
small{display:block;margin-top:1.25rem;color:var(--soft);text-align:center}
"""
_CSS_HASH: Final = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
# No form-action: browsers apply it to the redirect that follows, which leads to whoever asked for the money.
PAGE_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_CSS_HASH}'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_NAMES: Final = {"wave": "Wave", "orange": "Orange Money", "mtn": "MTN MoMo", "stripe": "Stripe"}
_FAILURES: Final = {"insufficient-funds": "solde insuffisant", "card_declined": "carte refusée"}
_RETRY: Final = "« Échouer » laisse le paiement ouvert : on peut réessayer."
_NO_RETRY: Final = "« Échouer » met fin à ce paiement."
_ENDS: Final = {
    "paid": "Ce paiement est effectué.",
    "failed": "Ce paiement a été refusé.",
    "expired": "Cette demande de paiement a expiré.",
}
_BUTTONS: Final = """<form method="post">
<button class="pay" name="outcome" value="paid">Payer</button>
<button class="fail" name="outcome" value="failed">Échouer</button>
</form>"""


def payment_page(view: CheckoutView) -> str:
    """Who asks, how much, and the two buttons while the payment is open."""
    lines = [("Référence", view.reference), ("Paiement", view.provider_ref)]
    if view.status == "open" and view.expires_at is not None:
        lines.append(("Expire à", f"{view.expires_at:%H:%M} (UTC)"))
    details = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in lines if value)
    provider = escape(_NAMES.get(view.provider, view.provider))
    return _page(
        f"{provider} : {_sum(view)}",
        f'<p class="tag">Bac à sable {provider} : aucun argent réel</p>'
        f"<h1>{escape(view.business_name)} vous demande</h1>"
        f'<p class="sum">{_sum(view)}</p><dl>{details}</dl>{_end(view)}',
    )


def missing_page() -> str:
    """For an address that is no payment."""
    title = "Paiement introuvable"
    return _page(title, f"<h1>{title}</h1><p>Ce lien ne mène à aucun paiement.</p>")


def _end(view: CheckoutView) -> str:
    business = escape(view.business_name)
    if view.status == "open":
        failure = _FAILURES.get(view.last_failure or "", "paiement refusé")
        note = f'<p class="note">La dernière tentative a échoué : {failure}.</p>' if view.last_failure else ""
        return f"{note}{_BUTTONS}<small>{_RETRY if view.may_retry else _NO_RETRY}</small>"
    url = escape(view.success_url if view.status == "paid" else view.error_url)
    return f'<p class="note">{_ENDS[view.status]}</p><a class="button pay" href="{url}">Retourner chez {business}</a>'


def _sum(view: CheckoutView) -> str:
    """`15000` as `15 000 F CFA`, with spaces that never break."""
    amount = f"{view.amount:,}".replace(",", "\u202f")
    unit = "F\u00a0CFA" if view.currency == "XOF" else escape(view.currency)
    return f"{amount}\u00a0{unit}"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{title}</title><style>{_CSS}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )
