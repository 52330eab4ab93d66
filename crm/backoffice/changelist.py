"""The list of clients, whose cost does not grow with their number."""

import hashlib

from django.contrib.admin.views.main import ChangeList
from django.core.cache import caches
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch
from django.utils.functional import cached_property

from crm.access.models import Access
from crm.clients.models import Client
from crm.clients.rules import TELEPHONES

MANY = 10_000
SECONDS = 60
SHOWN = [
    *(*Client.NAMED_BY, "status"),
    *("complement", "building", "street", "locality", "postcode", "city", "country", "email", *TELEPHONES),
    *("created_on", "archived_on", "category__name", "establishment__name"),
]

SIGN_INS = ["client", "is_enabled", "user__last_login"]


class EvenPaginator(Paginator):
    """Pages that cost the same from the first to the last, over an ordered queryset.

    Counting walks every row: a large count is kept for a minute, for exactly this query. Pages of the second half
    are read from the end, in the reverse order, so that no page skips more than half of the rows.
    """

    @cached_property
    def count(self) -> int:
        try:
            sql, params = self.object_list.order_by().query.sql_with_params()
        except EmptyResultSet:
            return 0
        key = "count:" + hashlib.sha256(f"{sql}{params}".encode()).hexdigest()
        known = caches["memory"].get(key)
        if known is not None:
            return known
        count = self.object_list.count()
        if count > MANY:
            caches["memory"].set(key, count, SECONDS)
        return count

    def page(self, number) -> Page:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        if self.count <= self.per_page:
            # No LIMIT: with one, PostgreSQL would rather walk the index of the order than read the few matches.
            return self._get_page(self.object_list.all(), number, self)
        if first <= self.count // 2:
            return self._get_page(self.object_list[first:last], number, self)
        rows = list(self.object_list.reverse()[self.count - last : self.count - first])
        return self._get_page(rows[::-1], number, self)


class ClientChangeList(ChangeList):
    def get_results(self, request) -> None:
        """Read only the columns shown. Actions keep whole records: they receive `self.queryset`."""
        request.is_whole_list = not self.query and not self.get_filters_params()
        whole = self.queryset
        self.queryset = (
            whole.only(*SHOWN).select_related("category", "establishment").prefetch_related("tags")
        )
        if request.user.has_perm("access.view_access"):
            accesses = Access.objects.with_state().select_related("user").only(*SIGN_INS)
            self.queryset = self.queryset.prefetch_related(Prefetch("accesses", accesses))
        super().get_results(request)
        self.queryset = whole
