"""A lot of lines about formules or subscriptions: what each would write, and what is in its way."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.clients.models import Client
from crm.exchange.importing.checking import breaches
from crm.exchange.importing.columns import Reading, show_amount, show_rate
from crm.exchange.importing.draft import Draft, Layout, Verdict, short
from crm.exchange.importing.keys import digest, known
from crm.exchange.importing.product_columns import PLAN, SUBSCRIPTION, show_period
from crm.exchange.models import ImportLine, ImportRun
from crm.exchange.parsed import nearest
from crm.exchange.sources import Row
from crm.france.vat import including_tax
from crm.products.models import Plan, Subscription

COLUMNS = {column.key: column for column in SUBSCRIPTION}
PLAN_COLUMNS = {column.key: column for column in PLAN}
_MAX_UNKNOWN_PLANS = 50
# What makes two terms the same one; the rest may differ only by mistake.
_TERM = ("client_id", "plan_id", "subscribed_on")
_DAYS = ("subscribed_on", "ends_on", "not_renewed_on", "cancelled_on")
_REST = ("ends_on", "price_excl_tax", "vat_rate", "billing_period", "description", "origin")


class ProductRehearsal:
    """What formules and subscriptions share: keys of the file's own lines."""

    def __init__(self, run: ImportRun, layout: Layout, *, today: date) -> None:
        self.run, self.layout, self.today = run, layout, today
        self.reading = Reading(today)
        self.new_tags: dict[str, str] = {}
        self.plans = {plan.name.casefold(): plan for plan in Plan.objects.all()}

    def judge(self, rows: Sequence[Row]) -> tuple[list[ImportLine], dict[int, int]]:
        drafts = [self.layout.read(row, self.reading) for row in rows]
        self.roots: dict[int, int] = {}
        self.fresh: dict[int, int] = {}
        self._meet(drafts)
        for draft in drafts:
            self._settle(draft)
        self._compare([draft for draft in drafts if draft.verdict == Verdict.NEW and not draft.reasons])
        for draft in drafts:
            self.layout.order(draft)
        return [draft.row(self.run.pk) for draft in drafts], self.fresh

    def _meet(self, drafts: Sequence[Draft]) -> None:
        pass

    def _settle(self, draft: Draft) -> None:
        raise NotImplementedError

    def _compare(self, drafts: Sequence[Draft]) -> None:
        raise NotImplementedError

    def _require(self, draft: Draft, columns: dict[str, Any]) -> None:
        for column in columns.values():
            heading = self.layout.heading_of(column.target) or str(column.label)
            is_told = any(reason[0] == heading for reason in draft.reasons)
            is_given = column.target in draft.values or f"{column.target}_id" in draft.values
            if column.is_required and not is_given and not is_told:
                draft.refuse(heading, _("Empty, and it is required."))

    def _check(self, draft: Draft, model: type[Plan] | type[Subscription]) -> None:
        for name, error in breaches(model, draft.values):
            draft.refuse_error(self.layout.heading_of(name), error)

    def _first_line(self, draft: Draft, *parts: object) -> int | None:
        """The earlier line that has this key, else None and the key is this line's from now on."""
        key = digest(*parts)
        line = self.roots.setdefault(key, draft.line)
        if line == draft.line:
            self.fresh[key] = line
            return None
        return line


class PlanRehearsal(ProductRehearsal):
    """A formule is known by its name: the same name changes it, and never the subscriptions already made."""

    def _settle(self, draft: Draft) -> None:
        values = draft.values
        self._require(draft, PLAN_COLUMNS)
        self._check(draft, Plan)
        plan = self.plans.get(values.get("name", "").casefold())
        if plan is None:
            if "price_excl_tax" not in values and not draft.reasons:
                heading = self.layout.heading_of("price_excl_tax") or str(
                    PLAN_COLUMNS["price_excl_tax"].label
                )
                draft.refuse(heading, _("Empty, and it is required."))
            return
        changed = {}
        for name, value in list(values.items()):
            old = getattr(plan, name)
            if name == "name" or old == value:
                continue
            column = PLAN_COLUMNS[name]
            shown = "" if old == "" else column.show(old)
            changed[name] = (self.layout.heading_of(name), short(shown), short(column.show(value)))
        draft.rectified = changed
        draft.values = {name: values[name] for name in changed}
        draft.object_id = plan.pk
        draft.verdict = Verdict.CHANGED if changed else Verdict.UNCHANGED

    def _compare(self, drafts: Sequence[Draft]) -> None:
        keys = {digest("plan", draft.values["name"].casefold()) for draft in drafts}
        self.roots = known(self.run.pk, keys)
        for draft in drafts:
            line = self._first_line(draft, "plan", draft.values["name"].casefold())
            if line:
                draft.refuse(
                    self.layout.heading_of("name"),
                    _("The formule of line %(line)s has the same name.") % {"line": line},
                )


class SubscriptionRehearsal(ProductRehearsal):
    """A subscription finds its client and its formule; it is never changed by a file."""

    def __init__(self, run: ImportRun, layout: Layout, *, today: date) -> None:
        super().__init__(run, layout, today=today)
        self.unknown_plans: dict[str, dict[str, Any]] = dict(run.unknown_plans)
        for name, ours in run.plan_names.items():  # as a person chose, of what the file misspells
            if plan := self.plans.get(ours.casefold()):
                self.plans.setdefault(name.casefold(), plan)

    def _visible(self):
        if self.run.is_unrestricted:
            return Client.objects.all()
        return Client.objects.visible_to(self.run.by) if self.run.by else Client.objects.none()

    def _meet(self, drafts: Sequence[Draft]) -> None:
        def asked(key: str) -> set:
            return {draft.values[key] for draft in drafts if key in draft.values}

        for draft in drafts:
            if "client_siret" in draft.values:
                draft.values["client_siret"] = "".join(c for c in draft.values["client_siret"] if c.isdigit())
        identifiers = asked("client")
        numbers = {one for one in identifiers if isinstance(one, int) and one < 2**31}
        references = {one for one in identifiers if isinstance(one, str)}
        visible = self._visible().only("pk", "number", "kind", "legal_name", "last_name")
        self.by_identifier: dict[int | str, int] = {}
        if numbers:
            self.by_identifier.update(visible.filter(number__in=numbers).values_list("number", "pk"))
        if references:
            found = visible.with_references(references)
            self.by_identifier.update(found.values_list("external_reference", "pk"))
        self.by_siret = self._unique("siret", asked("client_siret"))
        self.by_email = self._unique("email", asked("client_email"))

    def _unique(self, field: str, wanted: set[str]) -> dict[str, tuple[int, int]]:
        """value → (a client that has it, how many have)."""
        if not wanted:
            return {}
        found: dict[str, tuple[int, int]] = {}
        for value, pk in self._visible().filter(**{f"{field}__in": wanted}).values_list(field, "pk"):
            found[value] = (pk, found.get(value, (pk, 0))[1] + 1)
        return found

    def _settle(self, draft: Draft) -> None:
        self._find_client(draft)
        self._find_plan(draft)
        self._require(draft, COLUMNS)
        self._check(draft, Subscription)
        self._check_days(draft)
        self._complete(draft)

    def _find_client(self, draft: Draft) -> None:
        values = draft.values
        identifier, siret = values.pop("client", None), values.pop("client_siret", None)
        address = values.pop("client_email", None)
        if isinstance(identifier, int):
            draft.number = identifier if identifier < 2**31 else None
        if identifier:
            heading, client = self.layout.heading_of("client"), self.by_identifier.get(identifier)
            if client is None:
                draft.reasons.insert(0, (heading, self._not_found(identifier, address)))
        elif siret:
            client = self._only(draft, "client_siret", siret, self.by_siret)
        elif address:
            client = self._only(draft, "client_email", address, self.by_email)
        else:
            client = None
            heading = self.layout.heading_of("client") or str(COLUMNS["client"].label)
            if not any(reason[0] == self.layout.heading_of("client_email") for reason in draft.reasons):
                draft.refuse(heading, _("Empty: give the client’s number, reference, SIRET or e-mail."))
        if client:
            values["client_id"] = client

    def _not_found(self, identifier: int | str, address: str | None) -> str:
        shown = Client(number=identifier).code if isinstance(identifier, int) else identifier
        if address and address in self.by_email:
            text = _(
                "%(value)s not found, but its e-mail is that of a client: correct the number, or empty it."
            )
        elif address:
            text = _("%(value)s not found, nor by its e-mail.")
        else:
            text = _("%(value)s not found.")
        return text % {"value": short(shown)}

    def _only(self, draft: Draft, key: str, value: str, found: dict[str, tuple[int, int]]) -> int | None:
        client, count = found.get(value, (None, 0))
        if count != 1:
            text = (
                _("%(value)s not found.")
                if not count
                else _("%(count)s clients have %(value)s: give the number.")
            )
            draft.refuse(self.layout.heading_of(key), text % {"value": short(value), "count": count})
            return None
        return client

    def _find_plan(self, draft: Draft) -> None:
        name = draft.values.pop("plan", None)
        if name is None:
            return
        plan = self.plans.get(name.casefold())
        heading = self.layout.heading_of("plan")
        if plan:
            draft.values["plan_id"] = plan.pk
            if name != plan.name:
                draft.rectified["plan"] = (heading, name, plan.name)
            return
        self._note_unknown(name, draft)
        near = nearest(name, [plan.name for plan in self.plans.values()])
        if near:
            draft.refuse(
                heading, _("“%(value)s” is unknown (near: %(near)s).") % {"value": short(name), "near": near}
            )
        else:
            draft.refuse(heading, _("“%(value)s” is unknown.") % {"value": short(name)})

    def _note_unknown(self, name: str, draft: Draft) -> None:
        """Kept with what its first line says, for who wants to create it from here."""
        if len(name) > 80 or (
            name not in self.unknown_plans and len(self.unknown_plans) >= _MAX_UNKNOWN_PLANS
        ):
            return
        price, rate = draft.values.get("price_excl_tax"), draft.values.get("vat_rate")
        first = {
            "price": str(price) if price is not None else "",
            "rate": str(rate) if rate is not None else "",
            "period": draft.values.get("billing_period", ""),
            "lines": 0,
        }
        self.unknown_plans.setdefault(name, first)["lines"] += 1

    def _check_days(self, draft: Draft) -> None:
        """Asked of the model itself."""
        days = {name: draft.values[name] for name in _DAYS if name in draft.values}
        term = Subscription(**days)
        exclude = {field.name for field in term._meta.fields} - days.keys()
        for check in (partial(term.clean_fields, exclude=exclude), term.clean):
            try:
                check()
            except ValidationError as error:
                for name, errors in error.error_dict.items():
                    for one in errors:
                        draft.refuse_error(self.layout.heading_of(name), one)

    def _complete(self, draft: Draft) -> None:
        """Blank price, rate and billing are the formule's; the price with tax is only a check."""
        values = draft.values
        given = values.pop("price_incl_tax", None)
        heading = self.layout.heading_of("price_incl_tax")
        draft.reasons = [reason for reason in draft.reasons if reason[0] != heading or not heading]
        plan = next((plan for plan in self.plans.values() if plan.pk == values.get("plan_id")), None)
        if draft.reasons or plan is None:
            return
        for name, show in (("vat_rate", show_rate), ("billing_period", show_period)):
            if name not in values:
                values[name] = getattr(plan, name)
                draft.rectified[name] = (self._heading(name), "", show(values[name]))
        if "vat_exemption_reason" not in values and not values["vat_rate"] and plan.vat_exemption_reason:
            values["vat_exemption_reason"] = plan.vat_exemption_reason
        self._check_rate(draft, given)
        total = including_tax(values["price_excl_tax"], values["vat_rate"])
        if heading and given != total and (given is not None or self._cell(draft, heading)):
            draft.rectified["price_incl_tax"] = (
                heading,
                short(self._cell(draft, heading)),
                show_amount(total),
            )

    def _check_rate(self, draft: Draft, given: Decimal | None) -> None:
        """0,2 for 20 %: only the price with tax can tell."""
        values, rate = draft.values, draft.values["vat_rate"]
        price = values["price_excl_tax"]
        if not 0 < rate < 1 or (given is not None and including_tax(price, rate) == given != price):
            return
        heading = self._heading("vat_rate")
        if given is None or including_tax(price, rate * 100) != given:
            draft.refuse(
                heading,
                _("%(rate)s %% is not a usual rate: write %(other)s if that is meant.")
                % {"rate": show_rate(rate), "other": show_rate(rate * 100)},
            )
        else:
            values["vat_rate"] = rate * 100
            draft.rectified["vat_rate"] = (heading, self._cell(draft, heading), show_rate(rate * 100))

    def _heading(self, name: str) -> str:
        return self.layout.heading_of(name) or str(COLUMNS[name].label)

    def _cell(self, draft: Draft, heading: str) -> str:
        return next((draft.raw[place] for place, name, _column in self.layout.cells if name == heading), "")

    def _compare(self, drafts: Sequence[Draft]) -> None:
        wanted = {digest(*parts) for draft in drafts for parts in (_whole(draft.values), _term(draft.values))}
        self.roots = known(self.run.pk, wanted)
        existing = self._existing(drafts)
        for draft in drafts:
            same = self._first_line(draft, *_whole(draft.values))
            near = self._first_line(draft, *_term(draft.values))
            saved = existing.get(tuple(draft.values[name] for name in _TERM), [])
            if same or any(_is_same(one, draft.values) for one in saved):
                draft.verdict = Verdict.UNCHANGED
                draft.lookalikes = [{"line": same, "reasons": ["same"]}] if same else []
            elif near or saved:
                draft.verdict = Verdict.DUPLICATE
                draft.lookalikes = [{"line": near, "reasons": ["term"]}] if near else []
                draft.lookalikes += [{"subscription": one.pk, "reasons": ["term"]} for one in saved]

    def _existing(self, drafts: Sequence[Draft]) -> dict[tuple, list[Subscription]]:
        clients = {draft.values["client_id"] for draft in drafts}
        days = {draft.values["subscribed_on"] for draft in drafts}
        found: dict[tuple, list[Subscription]] = {}
        if clients:
            rows = Subscription.objects.filter(archived_on=None, client__in=clients, subscribed_on__in=days)
            for one in rows.order_by("pk"):
                found.setdefault(tuple(getattr(one, name) for name in _TERM), []).append(one)
        return found


def _term(values: dict[str, Any]) -> tuple:
    return ("term", *(values[name] for name in _TERM))


def _whole(values: dict[str, Any]) -> tuple:
    return ("whole", *(values[name] for name in _TERM), *(_plain(values.get(name)) for name in _REST))


def _plain(value: Any) -> Any:
    return value.normalize() if isinstance(value, Decimal) else value or ""


def _is_same(one: Subscription, values: dict[str, Any]) -> bool:
    """Every value that the line gives is that of the term."""
    return all(getattr(one, name) == value for name, value in values.items())
