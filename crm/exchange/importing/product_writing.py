"""The accepted lines about formules and subscriptions, written a lot at a time."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm.clients.models import Client
from crm.exchange.importing.draft import Verdict, loaded
from crm.exchange.importing.history import sign
from crm.exchange.importing.writing_base import Writer, held, named
from crm.exchange.models import ImportEffect, ImportLine
from crm.products.models import Plan, Subscription
from crm.products.models.subscription import DAY
from crm.timeline.models import Entry
from crm.timeline.services import entry, record_all


class PlanWriter(Writer):
    """One by one: an office has some tens of formules."""

    model = Plan

    def write(self, lines: Sequence[ImportLine]) -> None:
        for line in lines:
            values = loaded(line.values, Plan)
            plan = (
                held(Plan.objects.all(), [line.object_id]).get(line.object_id) if line.object_id else Plan()
            )
            name = values.get("name", "")
            if plan is None or (plan.pk is None and named(Plan, name).exists()):
                self.refuse(line, "", _("This formule has been changed meanwhile: rehearse the file again."))
                continue
            before = {key: str(getattr(plan, key)) for key in values}
            is_created = plan.pk is None
            for key, value in values.items():
                setattr(plan, key, value)
            plan.clean()
            if is_created:
                Plan.objects.bulk_create([plan])
            else:
                Plan.objects.bulk_update([plan], list(values))
            history = self.keep_history([(line, plan)], kind="+" if is_created else "~")
            self.keep_effects([(line, plan)], history, is_created=is_created, before=[before])
        self.flush()


class SubscriptionWriter(Writer):
    model = Subscription

    def write(self, lines: Sequence[ImportLine]) -> None:
        pairs = self._known([(line, Subscription(**loaded(line.values, Subscription))) for line in lines])
        pairs.sort(key=lambda pair: pair[1].subscribed_on)
        if not pairs:
            return
        self._link(pairs)
        # A renewal points to the term before it: written after it, wave by wave.
        waiting = pairs
        while waiting:
            ready = [pair for pair in waiting if pair[1].renews is None or pair[1].renews.pk]
            waiting = [pair for pair in waiting if pair[1].renews is not None and not pair[1].renews.pk]
            self._create(ready)
        self._follow(pairs)

    def _known(
        self, pairs: Sequence[tuple[ImportLine, Subscription]]
    ) -> list[tuple[ImportLine, Subscription]]:
        """Without those whose client or formule has gone, or which have been written since the rehearsal."""
        clients = held(Client.objects.only("pk", "manager"), [term.client_id for _line, term in pairs])
        plans = held(Plan.objects.all(), [term.plan_id for _line, term in pairs])
        written = Subscription.objects.filter(archived_on=None, client__in=clients)
        taken = set(written.values_list("client_id", "plan_id", "subscribed_on"))
        kept = []
        for line, term in pairs:
            if term.client_id not in clients or term.plan_id not in plans:
                self.refuse(line, "", _("The client or the formule is no longer in the base."))
            elif not self._is_visible(clients[term.client_id]):
                self.refuse(line, "", _("This client is no longer one of yours."))
            elif line.verdict == Verdict.NEW and (term.client_id, term.plan_id, term.subscribed_on) in taken:
                self.refuse(line, "", _("This subscription has been entered meanwhile."))
            else:
                term.client, term.plan = clients[term.client_id], plans[term.plan_id]
                taken.add((term.client_id, term.plan_id, term.subscribed_on))
                kept.append((line, term))
        return kept

    def _is_visible(self, client: Client) -> bool:
        return self.run.is_unrestricted or (
            client.manager_id is not None and client.manager_id == self.run.by_id
        )

    def _link(self, pairs: Sequence[tuple[ImportLine, Subscription]]) -> None:
        """Consecutive terms of one client and formule renew each other; the anchor is carried."""
        ended = Subscription.objects.filter(
            client__in={term.client_id for _line, term in pairs},
            ends_on__in={term.subscribed_on - DAY for _line, term in pairs},
            renewed_by=None,
            archived_on=None,
            cancelled_on=None,
        ).select_for_update(of=("self",), no_key=True)
        previous = {(term.client_id, term.plan_id, term.ends_on): term for term in ended}
        for _line, term in pairs:
            before = previous.pop((term.client_id, term.plan_id, term.subscribed_on - DAY), None)
            if before is not None:
                term.renews, term.anchor_on = before, before.next_anchor()
            term.prepare()
            if term.cancelled_on is None:
                previous.setdefault((term.client_id, term.plan_id, term.ends_on), term)

    def _create(self, pairs: Sequence[tuple[ImportLine, Subscription]]) -> None:
        terms = [term for _line, term in pairs]
        for term in terms:
            term.renews = term.renews  # its number is known now
        Subscription.objects.bulk_create(terms)
        history = self.keep_history(pairs, kind="+")
        record_all(
            entry(
                term.client,
                Entry.Kind.RENEWED if term.renews_id else Entry.Kind.SUBSCRIBED,
                f"{term.plan} – {self.reason(line)}",
                at=self.now,
                by=self.run.by,
                target=self.run,
            )
            for line, term in pairs
        )
        self.keep_effects(pairs, history, is_created=True)
        self.flush()

    def _follow(self, pairs: Sequence[tuple[ImportLine, Subscription]]) -> None:
        """The next term was written by an earlier line of this file: link it to the one that has just come."""
        starts = {
            (term.client_id, term.plan_id, term.ends_on + DAY): term
            for _line, term in pairs
            if term.cancelled_on is None
        }
        found = Subscription.objects.filter(
            client__in={key[0] for key in starts}, subscribed_on__in={key[2] for key in starts}, renews=None
        )
        found = found.select_related("plan").select_for_update(of=("self",), no_key=True)
        ours = set(
            ImportEffect.objects.filter(run=self.run, object_id__in=[term.pk for term in found]).values_list(
                "object_id", flat=True
            )
        )
        for following in found:
            before = starts.get((following.client_id, following.plan_id, following.subscribed_on))
            if before and following.pk in ours and not Subscription.objects.filter(renews=before).exists():
                following.renews = before
                self._carry_anchor(following, before)

    def _carry_anchor(self, term: Subscription | None, before: Subscription) -> None:
        """Down the chain, as far as the anchor changes."""
        while term is not None:
            term.anchor_on = before.next_anchor()
            Subscription.objects.bulk_update([term], ["renews", "anchor_on"])
            reason = _("Import no. %(run)s") % {"run": self.run.pk}
            history = sign(Subscription, {term.pk: reason}, kind="~", by=self.run.by, now=self.now)
            ImportEffect.objects.filter(run=self.run, object_id=term.pk).update(history_id=history[term.pk])
            before, term = term, Subscription.objects.filter(renews=term).first()
            if term is not None and term.anchor_on == before.next_anchor():
                return
