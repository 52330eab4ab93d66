"""What mail providers tell afterwards, by Anymail's webhooks: the one place that hears another library's signal."""

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.mailing.models import Mail
from crm.mailing.services import note_arrival, note_bounce, note_loss, oppose

FOR_GOOD = {RejectReason.BOUNCED, RejectReason.INVALID}
REFUSALS = {EventType.BOUNCED, EventType.REJECTED}
# “This is spam”, or the provider's own “unsubscribe”: the person wants no more mail.
OPPOSITIONS = {EventType.COMPLAINED, EventType.UNSUBSCRIBED}


@receiver(tracking)
def note_what_became_of_it(sender, event: AnymailTrackingEvent, esp_name: str, **kwargs) -> None:
    """A bounce marks the mail and its address. Told twice, or of a mail that is not ours, it changes nothing."""
    mail = _mail_of(event.message_id)
    if mail is None:
        return
    at = event.timestamp or timezone.now()
    if event.event_type in REFUSALS:
        _note_refusal(mail, event, esp_name, at)
    elif event.event_type == EventType.FAILED:
        note_loss(mail, _("The mail provider could not send it."))
    elif event.event_type == EventType.DELIVERED:
        note_arrival(mail.recipient)
    elif event.event_type in OPPOSITIONS:
        oppose(mail.recipient, at=at)


def _mail_of(message_id: str | None) -> Mail | None:
    """By the provider's own number, or by our Message-ID, which some of them give back."""
    if not message_id:
        return None
    return (
        Mail.objects.filter(provider_id=message_id).exclude(provider_id="").first()
        or Mail.objects.filter(message_id=message_id).first()
    )


def _note_refusal(mail: Mail, event: AnymailTrackingEvent, esp_name: str, at) -> None:
    is_final = event.event_type == EventType.BOUNCED and _is_for_good(event, esp_name)
    words = (
        _("This address does not exist, or no longer.")
        if is_final
        else _("The recipient’s server refused it.")
    )
    note_bounce(mail.recipient, words, at=at, is_final=is_final, mail=mail)


def _is_for_good(event: AnymailTrackingEvent, esp_name: str) -> bool:
    """Anymail calls a full mailbox and a dead address both “bounced”: each provider has its word for the difference."""
    told = event.esp_event
    if esp_name == "Brevo":
        return told.get("event") in {"hard_bounce", "invalid_email"}
    if esp_name == "Mailjet":
        return bool(told.get("hard_bounce"))
    if esp_name == "Amazon SES":
        return told.get("bounce", {}).get("bounceType") == "Permanent"
    return event.reject_reason in FOR_GOOD
