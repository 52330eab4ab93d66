"""Who may do what at each address, said once by hand: the matrix holds the product to it.

A new page is a line here; a new model of the admin is one `desk(...)`. What is missing fails by its name.

The words of a rule: `get` and `post` say who is let in: a set of permissions for staff (`office`), the client whose
space it is (SPACE), staff in the place of one (TAKEN), who comes about their own sign-in (OWN), anyone at the door
(DOOR), everybody (ANYONE), nobody (NOBODY). A `post` that is not told is of a page that only reads: answered or not, it writes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin

ANYONE, DOOR, OWN, SPACE, TAKEN, NOBODY, READS = "anyone", "door", "own", "space", "taken", "nobody", "reads"
# The client in person: not staff in their place (E3).
HERSELF = "herself"
# What a browser says of itself when it is allowed to show notifications.
DEVICE = {"endpoint": "endpoint", "p256dh": "p256dh", "auth": "auth"}
# Where it is written that somebody has read a conversation.
READ_MARKS = ("conversations_thread", "conversations_readmark")
# Rows of the house that are of the client: who may not know of them writes nothing about them.
OF_CLIENT = {"client", "reminder"}
Who = str | frozenset[str]


@dataclass(frozen=True, eq=False)
class Rule:
    get: Who = NOBODY
    post: Who = READS
    # The address names a row of the client: to who may not know of them, it does not exist.
    of_client: bool = False
    # By name: a row of the house, whose key is meant, or "=text". In their order when the address is an expression.
    args: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    # What a browser sends besides what the form of the page holds; rows and texts as in `args`.
    data: Mapping[str, Any] = field(default_factory=dict)
    # False: a page that answers a POST without writing, or that cannot write here, for the reason beside it.
    writes: bool = True
    # True: reading it is itself written in the log of the admin: what leaves the house is noted.
    is_logged: bool = False
    # Tables where opening the page leaves a mark, as that somebody has read it.
    leaves: tuple[str, ...] = ()
    # True: asked again and again, it answers that nothing moved to who may not know.
    is_silent: bool = False
    # Other rights that are enough.
    also: tuple[frozenset[str], ...] = ()
    # True: the address is a secret of its own; whoever holds it reads what it is about.
    tells: bool = False

    @property
    def aims_at_client(self) -> bool:
        return self.of_client or any(
            value in OF_CLIENT for value in self.data.values() if isinstance(value, str)
        )


def office(*permissions: str) -> frozenset[str]:
    return frozenset(permissions)


STAFF = office()
CLIENTS = "clients.view_client"
SEE, CHANGE = office(CLIENTS), office(CLIENTS, "clients.change_client")
RULES: dict[str, list[Rule]] = {}
# By "app.model:action": the rights that it asks for, and what its page of confirmation sends.
ACTIONS: dict[str, tuple[frozenset[str], dict[str, Any]]] = {}


def rule(name: str, *rules: Rule) -> None:
    RULES.setdefault(name, []).extend(rules)


STANDARD = ("view", "add", "change", "delete")


def desk(
    model: str,
    *,
    row: str = "",
    spare: str = "",
    can: Iterable[str] = STANDARD,
    of_client: bool = False,
    needs: Iterable[str] = (),
    list_needs: Iterable[str] = (),
    add: Mapping[str, Any] | None = None,
    add_query: str = "",
    change: Mapping[str, Any] | None = None,
    key: str = "",
    needs_of_verbs: Mapping[str, str] | None = None,
    has_history_form: bool = False,
) -> None:
    """The usual pages of a model of the admin.

    `row` is what is read and changed, `spare` what may be deleted; `can` are the verbs that the desk offers, each with
    its own permission; `needs` are the other permissions that a row asks for, `list_needs` those of the list.
    """
    app, name = model.split(".")
    needs = list(needs) + ([CLIENTS] if of_client else [])
    row, spare = row or name, spare or f"spare_{name}"

    def verb(verb: str, *more: str) -> Who:
        # Who takes a row away has seen what it is.
        more = (f"{app}.view_{name}", *more) if verb == "delete" else more
        more = (*more, *([needs_of_verbs[verb]] if verb in (needs_of_verbs or {}) else []))
        return office(f"{app}.{verb}_{name}", *more) if verb in can else NOBODY

    def page(word: str, *rules: Rule) -> None:
        rule(f"admin:{app}_{name}_{word}", *rules)

    named = {"object_id": key or row}
    deleted = {"object_id": spare if "delete" in can else row}
    page("changelist", Rule(verb("view", *list_needs)))
    page("add", Rule(verb("add"), verb("add"), query=add_query, data=add or {}))
    page("history", Rule(verb("view", *needs), args=named, of_client=of_client))
    page("delete", Rule(verb("delete", *needs), verb("delete", *needs), args=deleted, of_client=of_client))
    page(
        "change",
        Rule(
            verb("view", *needs),
            verb("change", *needs) if "change" in can else READS,
            args=named,
            of_client=of_client,
            data=change or {},
        ),
    )
    rule(f"admin/{app}/{name}/<path:object_id>/", Rule(ANYONE, args=named))
    if has_history_form:
        # It only sends to the page of the whole history, which asks.
        page("simple_history", Rule(ANYONE, args={"0": row, "1": "=1"}))


def actions(model: str, **each: Any) -> None:
    for name, (permissions, data) in each.items():
        ACTIONS[f"{model}:{name}"] = (permissions, data)


# Of Django and of everybody

rule("", Rule(ANYONE))
rule("admin/password_change/", Rule(ANYONE))
for _name in ("login", "logout"):
    rule(f"admin:{_name}", Rule(ANYONE, ANYONE, writes=False))
for _name in ("index", "jsi18n", "password_change_done"):
    rule(f"admin:{_name}", Rule(STAFF))
# Behind the address above it, which sends to the page of the client space.
rule("admin:password_change", Rule(ANYONE))
rule("admin:app_list", Rule(ANYONE, args={"app_label": "=clients"}))
rule("admin:view_on_site", Rule(NOBODY, args={"content_type_id": "=1", "object_id": "client"}))
rule("admin/(?P<url>.*)$", Rule(NOBODY))
# Each box that completes a name is tried with the rights of the rows it names: see `boxes`.
rule("autocomplete", Rule(NOBODY))
rule("admin:autocomplete", Rule(NOBODY))
rule("health", Rule(ANYONE))
rule("icon", Rule(ANYONE))
rule("backoffice:accent", Rule(ANYONE))
rule("backoffice:logo", Rule(ANYONE, args={"name": "logo_name"}))


def boxes(asked: Iterable[Mapping[str, str]]) -> list[Rule]:
    """A rule for each box that completes a name: the right to read what it names."""
    found = []
    for one in asked:
        model = next(
            model
            for model in admin.site._registry
            if (model._meta.app_label, model._meta.model_name) == (one["app_label"], one["model_name"])
            or one["model_name"]
            in {inline.model._meta.model_name for inline in admin.site._registry[model].inlines}
        )
        source = model._meta.apps.get_model(one["app_label"], one["model_name"])
        target = source._meta.get_field(one["field_name"]).related_model._meta
        query = "&".join(f"{key}={value}" for key, value in one.items())
        right = f"{target.app_label}.view_{target.model_name}"
        found.append(Rule(office(right), query=f"{query}&term=zorglub"))
    return found


# accounts

desk(
    "accounts.user",
    row="spare_user",
    needs_of_verbs={"add": "accounts.change_user"},
    add={
        "email": "neuf@example.org",
        "last_name": "Neuf",
        "password1": "un-long-mot-de-passe",
        "password2": "un-long-mot-de-passe",
        "usable_password": "true",
    },
    change={"last_name": "Autre"},
)
_password = {
    "password1": "un-long-mot-de-passe",
    "password2": "un-long-mot-de-passe",
    "usable_password": "true",
}
rule(
    "admin:auth_user_password_change",
    Rule(
        office("accounts.change_user"),
        office("accounts.change_user"),
        args={"id": "spare_user"},
        data=_password,
    ),
)
desk("auth.group", row="group", spare="group", add={"name": "Autres"}, change={"name": "Renommé"})
actions(
    "accounts.user", delete_selected=(office("accounts.view_user", "accounts.delete_user"), {"post": "yes"})
)
actions("auth.group", delete_selected=(office("auth.view_group", "auth.delete_group"), {"post": "yes"}))

# organisation

desk(
    "organisation.organisation",
    can=["view", "change"],
    change={"name": "Autre nom", "accent_color": "#112233"},
)

# core

desk("core.job", can=["view"])
desk("core.execution", can=["view"])
rule("admin:core_job_run", Rule(post=office("core.run_job", "core.view_job"), args={"pk": "job"}))
rule("admin:core_job_confirm_clock", Rule(post=office("core.confirm_clock")))

# clients

_client = {"last_name": "Neuf", "first_name": "Zoé", "created_on": "22/11/2026"}
desk(
    "clients.client",
    of_client=True,
    add=_client,
    add_query="kind=individual",
    change={"city": "Lyon", "postcode": "69003"},
)
desk("clients.category", add={"name": "Neuve"}, change={"name": "Autre"})
desk("clients.establishment", add={"name": "Neuf"}, change={"name": "Autre"})
desk("clients.tag", add={"name": "Neuve", "color": "#112233"}, change={"name": "Autre"})
for _name in ("category", "establishment", "tag"):
    actions(
        f"clients.{_name}",
        delete_selected=(office(f"clients.view_{_name}", f"clients.delete_{_name}"), {"post": "yes"}),
    )
_applied = {"apply": "1"}
actions(
    "clients.client",
    export_selection=(office(CLIENTS, "clients.export_client"), {}),
    label_selection=(office(CLIENTS, "clients.export_client"), {}),
    add_tag=(CHANGE, _applied | {"tag": "spare_tag"}),
    remove_tag=(CHANGE, _applied | {"tag": "tag"}),
    assign_manager=(CHANGE | {"clients.see_every_client"}, _applied | {"manager": "olga"}),
    send_credentials=(office(CLIENTS, "access.send_credentials", "access.change_access"), _applied),
    disable_access=(office(CLIENTS, "access.change_access"), _applied),
    delete_selected=(office(CLIENTS, "clients.delete_client"), _applied),
)


def of_client(name: str, *rules: Rule) -> None:
    rule(f"admin:clients_client_{name}", *rules)


_pk = {"pk": "client"}
of_client("consult", Rule(SEE, of_client=True, args=_pk))
PANELS = {
    "subscriptions": "products.view_subscription",
    "timeline": "timeline.view_entry",
    "interventions": "activity.view_intervention",
    "messages": "conversations.view_thread",
    "requests": "change_requests.view_servicerequest",
    "mails": "mailing.view_mail",
    "access": "access.view_access",
    "history": CLIENTS,
    "lookalikes": "clients.change_client",
    "reminders": "reminders.view_reminder",
    "mail_address": CLIENTS,
    "side": CLIENTS,
}
of_client(
    "panel",
    *[
        Rule(
            office(CLIENTS, right),
            of_client=True,
            args={**_pk, "name": f"={name}"},
            leaves=READ_MARKS if name == "messages" else (),
        )
        for name, right in PANELS.items()
    ],
)
_status = office(CLIENTS, "clients.change_client", "activity.add_statuslock")
of_client("status", Rule(_status, _status, of_client=True, args=_pk, data={"status": "inactive"}))
for _form in ("csv", "pdf"):
    of_client(
        "timeline_file",
        Rule(
            office(CLIENTS, "clients.export_client", "timeline.view_entry"),
            of_client=True,
            args={**_pk, "form": f"={_form}"},
            is_logged=True,
        ),
    )
of_client("archive", Rule(post=CHANGE, of_client=True, args=_pk))
of_client("restore", Rule(post=CHANGE, of_client=True, args={"pk": "archived"}))
of_client("not_duplicate", Rule(post=CHANGE, of_client=True, args={**_pk, "other": "twin"}))
_send = office(CLIENTS, "access.send_credentials")
_open = office(CLIENTS, "access.change_access")
of_client(
    "access_add", Rule(post=_open, of_client=True, args=_pk, data={"sign_in_email": "neuf@example.org"})
)
of_client(
    "access_password",
    Rule(
        office(CLIENTS, "access.set_password"),
        office(CLIENTS, "access.set_password"),
        of_client=True,
        args={**_pk, "access": "access_alice"},
        data={"new_password1": "un-long-mot-de-passe", "new_password2": "un-long-mot-de-passe"},
    ),
)
of_client(
    "impersonate",
    Rule(
        office(CLIENTS, "access.impersonate"),
        office(CLIENTS, "access.impersonate"),
        of_client=True,
        args={**_pk, "access": "access_alice"},
        data={"reason": "Aider", "user_pk": "alice"},
    ),
)
of_client(
    "access_verb",
    *[
        Rule(post=right, of_client=True, args={**_pk, "access": access, "verb": f"={verb}"})
        for verb, access, right in [
            ("enable", "access_dora", _open),
            ("disable", "access_alice", _open),
            ("sign_out", "access_alice", _open),
            ("ask_confirmation", "access_eve", _send),
            ("send_credentials", "access_alice", _send),
            ("reset", "access_alice", _send),
        ]
    ],
)
_export = office(CLIENTS, "clients.export_client")
of_client("labels", Rule(_export, _export, data={"print": "1"}))
of_client("export", Rule(_export, _export, is_logged=True))

# timeline

desk("timeline.entry", can=["view"], of_client=True, list_needs=[CLIENTS])
desk("timeline.actionkind", spare="spare_kind", add={"name": "Neuf"}, change={"name": "Autre"})
actions(
    "timeline.actionkind",
    delete_selected=(office("timeline.view_actionkind", "timeline.delete_actionkind"), {"post": "yes"}),
)
_others = "timeline.change_actions_of_others"
desk(
    "timeline.action",
    spare="action",
    of_client=True,
    needs_of_verbs={"change": _others, "delete": _others},
    add={"client": "client", "kind": "actionkind", "title": "Visite"},
    change={"title": "Autre"},
    has_history_form=True,
)
actions(
    "timeline.action",
    delete_selected=(
        office("timeline.view_action", "timeline.delete_action", _others, CLIENTS),
        {"post": "yes"},
    ),
)
for _folder, _model in (("action", "timeline.view_action"), ("intervention", "activity.view_intervention")):
    rule(
        f"backoffice:{_folder}_file",
        Rule(office(CLIENTS, _model), of_client=True, args={"name": f"{_folder}_file_name"}),
    )
rule("backoffice:photo", Rule(SEE, of_client=True, args={"name": "photo_name"}))

# activity

desk(
    "activity.intervention",
    spare="intervention",
    of_client=True,
    add={"client": "client", "title": "Visite", "planned_for": "2026-12-01T09:00"},
    change={"title": "Autre"},
    has_history_form=True,
)
rule("admin:activity_intervention_week", Rule(office("activity.view_intervention")))
actions(
    "activity.intervention",
    delete_selected=(
        office("activity.view_intervention", "activity.delete_intervention", CLIENTS),
        {"post": "yes"},
    ),
)

# products

_price = {"price_excl_tax": "10,00", "vat_rate": "20", "billing_period": "yearly"}
desk(
    "products.plan",
    spare="spare_plan",
    add={"name": "Neuve", **_price},
    change={"name": "Autre"},
    has_history_form=True,
)
rule("admin:products_plan_defaults", Rule(office("products.view_plan"), args={"plan_id": "plan"}))
rule(
    "admin:products_plan_export",
    Rule(*[office("products.view_plan", "products.export_plan")] * 2, is_logged=True),
)
actions(
    "products.plan",
    put_on_sale=(office("products.view_plan", "products.change_plan"), {"_selected_action": "spare_plan"}),
    take_off_sale=(office("products.view_plan", "products.change_plan"), {}),
    export_selection=(office("products.view_plan", "products.export_plan"), {}),
    delete_selected=(office("products.view_plan", "products.delete_plan"), {"post": "yes"}),
)
desk(
    "products.subscription",
    of_client=True,
    add={
        "client": "client",
        "plan": "plan",
        "subscribed_on": "22/11/2026",
        "ends_on": "30/11/2027",
        **_price,
    },
    change={"description": "Autre"},
    has_history_form=True,
)
_change_term = office(CLIENTS, "products.change_subscription")
rule(
    "admin:products_subscription_verb",
    *[
        Rule(
            _change_term,
            _change_term,
            of_client=True,
            args={"object_id": row, "verb": f"={verb}"},
            data=data,
        )
        for verb, row, data in [
            ("end", "second", {"ends_on": "15/04/2027"}),
            ("renew", "second", {}),
            ("stop", "second", {}),
            ("cancel", "second", {"reason": "Fin"}),
            ("resume", "stopped", {}),
            ("archive", "second", {}),
            ("restore", "put_away", {}),
        ]
    ],
)
rule(
    "admin:products_subscription_export",
    Rule(*[office("products.view_subscription", "products.export_subscription")] * 2, is_logged=True),
)
actions(
    "products.subscription",
    renew_selected=(_change_term | {"products.view_subscription"}, {"confirmed": "1"}),
    export_selection=(office("products.view_subscription", "products.export_subscription"), {}),
    delete_selected=(
        office("products.view_subscription", "products.delete_subscription", CLIENTS),
        {"post": "yes"},
    ),
)

# mailing

desk("mailing.mail", can=["view"], of_client=True)
for _verb, _row in (("again", "failed_mail"), ("stop", "mail")):
    rule(
        f"admin:mailing_mail_{_verb}",
        Rule(post=office(CLIENTS, "mailing.change_mail"), of_client=True, args={"pk": _row}),
    )
desk("mailing.mailaddress", can=["view"], of_client=True)
for _verb, _row in (("trust", "mailaddress"), ("oppose", "mailaddress"), ("lift", "opposed")):
    rule(
        f"admin:mailing_mailaddress_{_verb}",
        Rule(post=office(CLIENTS, "mailing.change_mailaddress"), of_client=True, args={"pk": _row}),
    )
rule(
    "admin:mailing_mailaddress_of_client",
    Rule(*[office(CLIENTS, "mailing.change_mailaddress")] * 2, of_client=True, args=_pk),
)
desk(
    "mailing.template",
    spare="own_template",
    add={"kind": "=reminder", "name": "Neuf"},
    change={"texts-0-subject": "Autre objet"},
)
_texts = office("mailing.change_template")
rule(
    "admin:mailing_template_try",
    Rule(
        NOBODY,
        _texts,
        args={"pk": "template"},
        data={"test": "1", "language": "fr", "subject": "Bonjour", "body": "<p>Bonjour</p>"},
    ),
)
rule("admin:mailing_template_reset", Rule(_texts, _texts, args={"pk": "template", "language": "=fr"}))

# change_requests

for _model, _right in (
    ("changerequest", "clients.change_client"),
    ("servicerequest", "products.change_subscription"),
):
    desk(f"change_requests.{_model}", can=["view"], of_client=True)
    _decide = office(CLIENTS, f"change_requests.change_{_model}", _right)
    actions(
        f"change_requests.{_model}",
        accept_selected=(_decide | {f"change_requests.view_{_model}"}, {"confirmed": "1"}),
        refuse_selected=(
            _decide | {f"change_requests.view_{_model}"},
            {"confirmed": "1", "reason": "Non"},
        ),
    )
    rule(
        f"admin:change_requests_{_model}_decide",
        *[
            Rule(
                post=_decide, of_client=True, args={"pk": _model, "verb": f"={verb}"}, data={"reason": "Non"}
            )
            for verb in ("accept", "refuse")
        ],
    )

# reminders

desk("reminders.reminder", can=["view"], of_client=True)
desk("reminders.run", can=["view"], row="reminder_run")
desk("reminders.rule", spare="rule", add={"days": "77"}, change={"days": "78"})
actions(
    "reminders.rule",
    stop=(office("reminders.change_rule", "reminders.view_rule"), {}),
    resume=(office("reminders.change_rule", "reminders.view_rule"), {}),
    delete_selected=(office("reminders.view_rule", "reminders.delete_rule"), {"post": "yes"}),
)
desk(
    "reminders.pause",
    spare="pause",
    of_client=True,
    add={"client": "client", "starts_on": "22/11/2026"},
    change={"reason": "Autre"},
)
actions(
    "reminders.pause",
    delete_selected=(office("reminders.view_pause", "reminders.delete_pause"), {"post": "yes"}),
)
rule(
    "admin:reminders_pause_resume",
    Rule(post=office(CLIENTS, "reminders.change_pause"), of_client=True, args={"pk": "pause"}),
)
_letters = office("reminders.view_reminder", "reminders.change_reminder", CLIENTS)
rule("admin:reminders_reminder_letters", Rule(_letters, _letters, data={"printed": "1", "keys": "reminder"}))
actions("reminders.reminder", print_selection=(_letters, {}))
for _name in ("calendar", "late"):
    rule(f"admin:reminders_reminder_{_name}", Rule(office("reminders.view_reminder", CLIENTS)))
rule(
    "admin:reminders_reminder_term",
    Rule(
        post=office(CLIENTS, "reminders.add_pause"),
        of_client=True,
        args={"pk": "subscription", "verb": "=pause"},
    ),
)
rule(
    "admin:reminders_reminder_verb",
    *[
        Rule(
            post=office(CLIENTS, "reminders.change_reminder"),
            of_client=True,
            args={"pk": "third", "verb": f"={verb}", "days": "=15"},
        )
        for verb in ("send", "withhold")
    ],
)

# exchange

_import = office("clients.import_client")
_read = office("exchange.view_importrun", CLIENTS)
_any_import = (office("products.import_plan"), office("products.import_subscription"))
_pages = "admin:exchange_importrun"
rule(f"{_pages}_changelist", Rule(office("exchange.view_importrun"), also=(_import, *_any_import)))
rule(f"{_pages}_add", Rule(_import, _import, data={"file": "upload"}, also=_any_import))
for _name in ("change", "history"):
    # A file of clients is read by who may bring one in, or reads clients.
    rule(f"{_pages}_{_name}", Rule(_read, args={"object_id": "importrun"}, also=(_import,), tells=True))
rule(f"{_pages}_delete", Rule(args={"object_id": "importrun"}))
rule("admin/exchange/importrun/<path:object_id>/", Rule(ANYONE, args={"object_id": "importrun"}))


def run(name: str, row: str, *, get: Who = NOBODY, post: Who = _import, **more: Any) -> None:
    rule(f"{_pages}_{name}", Rule(get, post, args={"pk": row}, **more))


run("settings", "importrun", data={"target": "individual", "encoding": "utf-8", "separator": ";"})
run("rehearse", "importrun")
run("advance", "moving_run")
run("decide", "rehearsed_run", data={"decision": "skip"})
run("confirm", "ready_run")
run("undo", "applied_run", get=_import)
run(
    "plan",
    "terms_run",
    post=office("products.import_subscription", "products.add_plan"),
    data={"name": "Rare"},
)
for _name in ("refused", "file"):
    run(_name, "rehearsed_run", get=_read, post=READS, also=(_import,), tells=True)

# access

desk("access.registration", can=["view"])
_registrations = office("access.decide_registration")
for _verb in ("accept", "refuse"):
    rule(
        f"admin:access_registration_{_verb}",
        Rule(post=_registrations, args={"pk": "registration"}, data={"reason": "Non"}),
    )
desk("access.failedsignin", can=["view"])
desk("access.impersonation", can=["view"], of_client=True, list_needs=[CLIENTS])

# conversations

_read = office(CLIENTS, "conversations.view_thread")
_answer = _read | {"conversations.change_thread"}
_marks = {"leaves": READ_MARKS, "of_client": True}
desk("conversations.cannedreply", add={"title": "Neuf", "text": "Bonjour"}, change={"title": "Autre"})
_delete = office("conversations.view_cannedreply", "conversations.delete_cannedreply")
actions("conversations.cannedreply", delete_selected=(_delete, {"post": "yes"}))
desk("conversations.thread", can=["view"], row="client", of_client=True)
actions("conversations.thread", take_selected=(_answer, {}))


def thread(name: str, *rules: Rule) -> None:
    RULES[f"admin:conversations_thread_{name}"] = list(rules)


thread("change", Rule(_read, _answer, args={"object_id": "client"}, data={"text": "Bonjour"}, **_marks))
thread("since", Rule(_read, args={"pk": "client", "revision": "=0"}, is_silent=True, **_marks))
thread("unread", Rule(STAFF, args={"stamp": "=0"}))
thread("preferences", Rule(STAFF, STAFF, data={"mails": "none"}))
thread(
    "verb",
    *[
        Rule(post=_answer, of_client=True, args={"pk": "client", "verb": f"={verb}"})
        for verb in ("take", "release", "settle")
    ],
)
thread("answered", Rule(post=_answer, of_client=True, args={"pk": "client", "key": "supportrequest"}))
_message = {"of_client": True, "args": {"pk": "office_message"}}
thread("message", Rule(_answer, _answer, data={"text": "Autre"}, **_message))
thread("message_delete", Rule(post=_read, **_message))
thread("message_history", Rule(_read, **_message))
rule("backoffice:message_file", Rule(_read, of_client=True, args={"name": "message_file_name"}))
for _name in ("messages", "support_requests"):
    _said = {"text": "Bonjour", "subject": "Question"}
    rule(f"portal:{_name}", Rule(SPACE, SPACE, data=_said, leaves=READ_MARKS))
_own = {"pk": "supportrequest"}
rule("portal:messages_since", Rule(SPACE, args={"revision": "=0"}, leaves=READ_MARKS))
rule("portal:message_preferences", Rule(SPACE, SPACE, data={"mails": "none"}))
rule("portal:support", Rule(SPACE, SPACE, args=_own, data={"text": "Bonjour"}, **_marks))
rule("portal:support_since", Rule(SPACE, args={**_own, "revision": "=0"}, is_silent=True, **_marks))
rule("portal:message_file", Rule(SPACE, of_client=True, args={"name": "message_file_name"}))
rule(
    "portal:change_message",
    Rule(SPACE, SPACE, of_client=True, args={"pk": "message"}, data={"text": "Autre"}),
)
rule("portal:delete_message", Rule(post=SPACE, of_client=True, args={"pk": "message"}))

# devices: each their own, and nobody those of another

rule("devices:worker", Rule(ANYONE))
rule("notifications:list", Rule(STAFF))
rule("notifications:allow", Rule(post=STAFF, data=DEVICE))
rule("notifications:remove", Rule(args={"pk": "device"}, post=NOBODY))
rule("portal:notifications", Rule(SPACE))
rule("portal:allow_device", Rule(post=HERSELF, data=DEVICE))
rule("portal:remove_device", Rule(post=HERSELF, of_client=True, args={"pk": "device"}))

# The door: what one reads or sends there is answered to anyone, and opens nothing

for _name in (
    "account_login",
    "account_request_login_code",
    "account_confirm_login_code",
    "mfa_authenticate",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "access:registered",
):
    rule(_name, Rule(DOOR, DOOR, writes=False))
for _name in ("account_logout", "account_inactive"):
    rule(_name, Rule(ANYONE, ANYONE, writes=False))
rule("account_confirm_email", Rule(DOOR, DOOR, args={"key": "=abc:def"}, writes=False))
rule(
    "account_reset_password_from_key",
    Rule(DOOR, DOOR, args={"uidb36": "=1", "key": "=abc-def"}, writes=False),
)
rule("access:confirm_registration", Rule(NOBODY, NOBODY, args={"key": "=abc"}))
for _name in (
    "account_reauthenticate",
    "mfa_reauthenticate",
    "account_email",
    "account_change_password",
    "account_set_password",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "usersessions_list",
):
    rule(_name, Rule(OWN, OWN, writes=False))

# The client space

for _name in ("account", "sheet", "history", "requests"):
    rule(f"portal:{_name}", Rule(SPACE))
rule("portal:change", Rule(SPACE, SPACE, data={"city": "Lyon"}))
# Nothing of the neighbour waits: theirs to ask, and nothing is written.
rule("portal:withdraw_change", Rule(post=SPACE))
rule("portal:withdraw_service", Rule(post=SPACE, of_client=True, args={"pk": "servicerequest"}))
rule("portal:call_back", Rule(post=SPACE, of_client=True, args={"pk": "second"}))
rule("portal:renew", Rule(post=SPACE, of_client=True, args={"pk": "subscription"}))
rule("portal:stop", Rule(post=SPACE, of_client=True, args={"pk": "subscription"}))
rule(
    "portal:change_service",
    Rule(SPACE, SPACE, of_client=True, args={"pk": "second"}, data={"message": "Bonjour"}),
)
# A link of a mail: whoever holds it answers, signed in or not.
rule("portal:answer", Rule(ANYONE, ANYONE, args={"token": "token"}, tells=True))
rule("access:choose", Rule(SPACE))
# Leaving an immediate access: nobody else has one to leave.
rule("hijack:release", Rule(post=TAKEN))
