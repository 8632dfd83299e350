"""What mails say."""

from __future__ import annotations

from allonova.application.notifications.mail_accounts import ACCOUNTS
from allonova.application.notifications.mail_courses import COURSES
from allonova.application.notifications.mail_desk import DESK
from allonova.application.notifications.mail_money import MONEY
from allonova.application.notifications.mail_rides import RIDES
from allonova.application.notifications.mail_staff import STAFF
from allonova.application.notifications.mail_trust import TRUST
from allonova.application.notifications.templates import MailText, Template

MAIL: dict[Template, dict[str, MailText]] = ACCOUNTS | RIDES | MONEY | TRUST | COURSES | STAFF | DESK
