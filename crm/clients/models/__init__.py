from crm.clients.models.address import Address, PostalAddress
from crm.clients.models.client import Client
from crm.clients.models.labels import Category, Establishment, Tag
from crm.clients.models.lookalike import NotDuplicate
from crm.clients.models.number import NumberCounter

__all__ = [
    "Address",
    "Category",
    "Client",
    "Establishment",
    "NotDuplicate",
    "NumberCounter",
    "PostalAddress",
    "Tag",
]
