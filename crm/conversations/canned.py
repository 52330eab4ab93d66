"""A canned reply, filled for one client as a mail would be."""

from datetime import date

from crm.clients.models import Client
from crm.conversations.models import CannedReply
from crm.mailing import rendering
from crm.mailing.services import language_for
from crm.mailing.variables import values_of, values_of_office, values_of_term
from crm.organisation.models import Organisation
from crm.products.models import Subscription


def filled(reply: CannedReply, client: Client, *, day: date) -> str:
    """With the service of theirs that ends first, else the last that ended; what they lack is empty."""
    language = language_for(client)
    terms = Subscription.objects.current().filter(client=client).select_related("plan").order_by("ends_on")
    term = terms.filter(ends_on__gte=day).first() or terms.last()
    values = {
        **values_of_office(Organisation.objects.current()),
        **values_of(client, language),
        **(values_of_term(term, day, language) if term else {}),
    }
    return rendering.fill(reply.text, values, later=(), language=language, is_html=False)
