"""What mail providers tell afterwards, by Anymail's webhooks: the one place that hears another library's signal."""

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.mailing.models import Mail
from crm.mailing.services import note_bounce

FOR_GOOD = {RejectReason.BOUNCED, RejectReason.INVALID}


@receiver(tracking)
def note_what_became_of_it(sender, event: AnymailTrackingEvent, **kwargs) -> None:
    """A bounce marks the mail and its address. Told twice, or of a mail that is not ours, it changes nothing."""
    if event.event_type not in (EventType.BOUNCED, EventType.REJECTED, EventType.FAILED):
        return
    mail = Mail.objects.filter(provider_id=event.message_id).exclude(provider_id="").first()
    if mail is None:
        return
    is_final = event.event_type == EventType.BOUNCED and event.reject_reason in FOR_GOOD
    words = (
        _("This address does not exist, or no longer.")
        if is_final
        else _("The recipient’s server refused it.")
    )
    note_bounce(mail.recipient, words, at=event.timestamp or timezone.now(), is_final=is_final, mail=mail)
