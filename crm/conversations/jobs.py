from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.conversations import unread_mails
from crm.core.schedule import titled


@titled(_("Tell by e-mail of messages that stay unread"))
def tell_unread() -> None:
    """Once a message has waited for as long as the Settings screen says, then once a day."""
    unread_mails.tell_unread(at=timezone.now())
