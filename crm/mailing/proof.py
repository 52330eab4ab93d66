"""Why a client must be kept: what was sent to them is proof."""

from django.utils.translation import ngettext

from crm.clients.models import Client
from crm.mailing.models import Mail


def of_client(client: Client) -> list[str]:
    count = Mail.objects.filter(client=client, status__in=Mail.LEFT).count()
    if not count:
        return []
    return [
        ngettext(
            "%(count)d mail was sent to this client.", "%(count)d mails were sent to this client.", count
        )
        % {"count": count}
    ]
