"""Ways to carry a short message to a person: a gateway for text messages, a mail server, in development a terminal."""

import smtplib
import ssl
import sys
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final, Protocol

from sqlalchemy import Engine

from api.citizens.contacts import Channel, Contact
from api.config import Settings
from api.context import Clock
from api.errors import CentreError
from api.identity.breaker import Breaker
from api.identity.partner import Address, Partner, open_partner

SUBJECTS: Final = {"vi": "Mã xác nhận", "en": "Your one-time code"}
_SECONDS: Final = 10


class Sender(Protocol):
    """One way. Another one (a national app's messages) does the same."""

    def send(self, to: Contact, text: str, language: str) -> None:
        """Raises CentreError ``message-failed``, without address or text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """POST /v1/messages of a gateway: {"to": "+84...", "text": "..."}; any JSON object is a yes."""

    gateway: Partner

    def send(self, to: Contact, text: str, language: str) -> None:
        del language
        try:
            self.gateway.post("/v1/messages", {"to": to.address, "text": text})
        except CentreError as error:
            raise CentreError("message-failed", error.code) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """SMTP with STARTTLS (RFC 3207); a server that does not offer it gets nothing."""

    host: str
    port: int
    sender: str
    user: str | None
    password: str | None = field(repr=False)
    context: ssl.SSLContext | None = None

    def send(self, to: Contact, text: str, language: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to.address, SUBJECTS[language]
        message.set_content(text)
        try:
            with smtplib.SMTP(self.host, self.port, timeout=_SECONDS) as server:
                server.starttls(context=self.context or ssl.create_default_context())
                if self.user is not None:
                    server.login(self.user, self.password or "")
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise CentreError("message-failed", type(error).__name__) from None


class Console:
    """To the terminal that the service was started from, and to no log: development only."""

    def send(self, to: Contact, text: str, language: str) -> None:
        del language
        print(f"[{to.channel} {to.masked}] {text}", file=sys.stderr, flush=True)  # noqa: T201 - a terminal's


def senders_of(settings: Settings, engine: Engine, clock: Clock) -> dict[Channel, Sender]:
    """The ways that this deployment has. None: codes are never sent, and the slip is the way.

    Raises CentreError ``settings``.
    """
    if settings.citizen_console:
        return {"sms": Console(), "email": Console()}
    found: dict[Channel, Sender] = {}
    if settings.sms_address is not None:
        address = Address(
            url=settings.sms_address,
            ca=settings.sms_ca,
            certificate=settings.client_certificate,
            key=settings.client_key,
            seconds=settings.partner_seconds,
        )
        breaker = Breaker(engine=engine, name="sms", clock=clock)
        found["sms"] = Sms(gateway=open_partner(address, breaker, pauses=()))
    if settings.smtp_host is not None and settings.smtp_from is not None:
        password = settings.smtp_password
        found["email"] = Mail(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_from,
            user=settings.smtp_user,
            password=None if password is None else password.get_secret_value(),
        )
    return found
