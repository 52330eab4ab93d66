"""What allauth tells of an address that changes."""

from allauth.account.signals import email_changed
from django.dispatch import receiver
from django.utils import timezone

from crm.change_requests.services import follow_sign_in


@receiver(email_changed)
def sign_in_changed(sender, request, user, from_email_address, to_email_address, **kwargs) -> None:
    if from_email_address is not None:
        follow_sign_in(to_email_address.user, former=from_email_address.email, at=timezone.now())
