"""Settings of outbox."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings, prefixed
from services.outbox.domain.pacing import Full
from services.outbox.domain.refusals import Bound

RELAY_RATE = 10_000.0
"""Mails a second: a relay that wants fewer connections says nothing of how many mails may go over each."""


class Settings(ServiceSettings):
    """`SOUNDING_OUTBOX_SMTP_HOST` and so on."""

    model_config = prefixed("outbox")

    sending_way: Literal["smtp", "ses", "postmark"] = Field(
        default="smtp", description="What takes our mail: a mail server, or a provider's HTTP API."
    )
    ses_region: str = Field(default="us-east-1", description="Of Amazon SES.")
    ses_access_key_id: str = ""
    ses_secret_access_key: SecretStr | None = None
    ses_session_token: SecretStr | None = None
    ses_configuration_set: str | None = Field(default=None, description="Whose events go to the SNS topic.")
    ses_url: str | None = Field(default=None, description="Another place than the region's own.")
    postmark_server_token: SecretStr | None = None
    postmark_stream: str = "outbound"
    postmark_url: str = "https://api.postmarkapp.com"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 2525
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["none", "opportunistic", "required", "verify"] = Field(
        default="opportunistic",
        description="STARTTLS: never; where it is offered; else nothing is sent; as well with a certificate that is checked.",
    )
    smtp_tls_ca: str | None = Field(
        default=None, description="File of certificates to check against; else the system's."
    )
    smtp_relays: tuple[str, ...] = Field(
        default=(),
        description="Further relays as host:port; workers share them, and go on with the next where one is away.",
    )
    smtp_hello: str = "localhost"
    public_url: str = Field(default="http://127.0.0.1:8403", description="Where unsubscribe links lead.")
    survey_url: str = Field(
        default="http://127.0.0.1:8404", description="Where survey links lead, unless the brand says."
    )
    command_seconds: float = Field(default=60, gt=0, description="How long a server may take to answer a command.")
    reply_seconds: float = Field(default=600, gt=0, description="How long it may take to answer the final dot.")
    follow_opens: bool = Field(default=True, description="Put a picture of one dot into mails, to see who opens them.")
    follow_clicks: bool = Field(
        default=True, description="Lead a template's own links by way of us, to see who clicks."
    )
    unsubscribe_address: str | None = Field(
        default=None, description="Mailbox that takes unsubscribe mails, if anyone reads it; named in each mail."
    )
    dkim_folder: Path | None = Field(
        default=None,
        description="Private keys as `<selector>._domainkey.<domain>.pem`; brands with one have their mails signed.",
    )
    address_key: SecretStr | None = Field(
        default=None,
        description="Keys the hashes of addresses that said no; must never change. Unset: the oldest signing key.",
    )
    address_check: Literal["written", "dns"] = Field(
        default="written",
        description="`dns`: ask before the first mail whether an address's domain takes any; for all that leaves the house.",
    )
    bounce_domain: str = Field(default="bounces.invalid", description="Domain of the return path.")
    bounce_host: str = Field(default="127.0.0.1", description="Where the SMTP server for bounces listens.")
    bounce_port: int | None = Field(default=None, ge=0, le=65535, description="Its port; unset: there is none.")
    bounce_folder: Path | None = Field(default=None, description="A Maildir or an mbox file of bounces, to be emptied.")
    feedback_address: str | None = Field(default=None, description="Mailbox to which providers report complaints.")
    imap_host: str | None = Field(default=None, description="Server of a mailbox of bounces; unset: none is read.")
    imap_port: int = 993
    imap_username: str = ""
    imap_password: SecretStr | None = None
    imap_folder: str = "INBOX"
    imap_tls: bool = True
    intake_seconds: float = Field(default=60, gt=0, description="How often folder and mailbox are looked into.")
    ses_topics: tuple[str, ...] = Field(default=(), description="ARNs of the SNS topics that SES tells of bounces.")
    postmark_webhook_login: SecretStr | None = Field(default=None, description="`user:password` set at Postmark.")
    mailgun_signing_key: SecretStr | None = Field(default=None, description="Mailgun's HTTP webhook signing key.")
    sendgrid_public_key: str | None = Field(default=None, description="SendGrid's verification key, as it shows it.")
    webhook_secret: SecretStr | None = Field(default=None, description="Secret of webhooks in our own, generic shape.")
    workers: int = Field(default=8, ge=1, le=200)
    poll_seconds: float = Field(default=0.25, gt=0)
    claim_seconds: float = Field(default=60, gt=0)
    stale_after_seconds: float = Field(
        default=60, gt=0, description="Nothing is sent while what is known of customers is older than this."
    )
    spared_rate: float = Field(
        default=100,
        gt=0,
        description="Mails a second that count as full speed to a destination that asked for less: half of it at first.",
    )
    spared_connections: int = Field(
        default=20,
        ge=1,
        description="Mails under way at once that count as full speed to such a one, in all processes together.",
    )
    relay_connections: int = Field(
        default=100,
        ge=1,
        description="Connections that count as full to a relay that asked for fewer (421 in place of a greeting).",
    )
    complaint_stop_share: float = Field(
        default=0.003, gt=0, le=1, description="All sending stops where more than this share complain; 1: never."
    )
    complaint_stop_least_mails: int = Field(default=1000, ge=1, description="But not below so many mails.")
    policy_stop_share: float = Field(
        default=0.2, gt=0, le=1, description="Mails to a destination stop for an hour where more are refused by policy."
    )
    policy_stop_least: int = Field(default=20, ge=1, description="But not below so many refusals within an hour.")
    ignored_after_days: float = Field(
        default=14, gt=0, description="How long after the last mail a survey that nobody answers counts as ignored."
    )
    unknown_after_seconds: float = Field(default=900, gt=0)
    dns_servers: tuple[str, ...] = Field(default=(), description="Name servers by IP address; none: the machine's own.")
    dns_port: int = 53
    dns_seconds: float = Field(default=5, gt=0, description="How long a question to the DNS may take.")

    @property
    def address_secret(self) -> str:
        """What addresses are hashed with."""
        return (self.address_key or self.chassis.signing_keys[0]).get_secret_value()

    def full_speed(self, place: str) -> Full:
        """What counts as full speed to a destination, a provider or a relay."""
        if place.startswith("relay:"):
            return Full(RELAY_RATE, self.relay_connections)
        return Full(self.spared_rate, self.spared_connections)

    @property
    def policy_bound(self) -> Bound:
        """From when on a destination is taken to refuse us."""
        return Bound(self.policy_stop_share, self.policy_stop_least)

    @property
    def relays(self) -> list[tuple[str, int]]:
        """All relays, the first one first."""
        more = [place.rpartition(":") for place in self.smtp_relays]
        return [(self.smtp_host, self.smtp_port), *((host, int(port)) for host, _, port in more)]
