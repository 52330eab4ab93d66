"""A small house where everything exists once: a client with all that can hang on one, and who might reach for it.

What belongs to the client says Zorglub somewhere: that word on a page is a page that tells of them.
"""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django_apscheduler.models import DjangoJob, DjangoJobExecution
from PIL import Image

from crm.access.models import Access, FailedSignIn, Impersonation, Registration
from crm.accounts.models import User
from crm.activity.models import Intervention
from crm.activity.services import add_intervention
from crm.change_requests import links
from crm.change_requests import services as requests
from crm.clients.models import Address, Category, Establishment, Tag
from crm.conversations import services as conversations
from crm.conversations.models import CannedReply
from crm.core.models import Hold
from crm.devices.keys import public_key
from crm.devices.services import subscribe
from crm.exchange import services as exchange
from crm.exchange.models import ImportRun
from crm.mailing.models import MailAddress, Template
from crm.organisation.models import Organisation
from crm.reminders.models import Pause, Reminder, Rule
from crm.reminders.models import Run as ReminderRun
from crm.timeline.models import Entry
from crm.timeline.services import note_action, record
from tests import factories
from tests.devices.service import Subscription as Keys
from tests.mailing.rows import waiting

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TODAY, SOON = date(2026, 11, 22), date(2026, 11, 30)
MARK = "Zorglub"
STRANGER = "Quidam"
CSV = "Nom;Prénom;E-mail\nZorglub;Achille;achille.zorglub@example.org\n"


class House:
    """The rows by a short name: that of their model, or of their part when a model has several."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}

    def __getattr__(self, name: str):
        try:
            return self.rows[name]
        except KeyError:
            raise AttributeError(name) from None

    def keep(self, **rows: Any) -> None:
        self.rows |= rows


def build() -> House:
    house = House()
    for furnish in (_people, _client, _services, _traces, _mails, _files, _talk, _imports, _office):
        furnish(house)
    return house


def picture() -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (4, 4), "white").save(out, "PNG")
    return SimpleUploadedFile("photo.png", out.getvalue(), "image/png")


def _people(house: House) -> None:
    organisation = Organisation.objects.current()
    organisation.logo.save("logo.png", picture())
    house.keep(
        organisation=organisation,
        superuser=User.objects.create_superuser("ada@example.org", "correct-horse-battery"),
        paul=factories.staff("paul@example.org", "Manager", first_name="Paul", last_name="Gestion"),
        olga=factories.staff("olga@example.org", "Manager", first_name="Olga", last_name="Voisine"),
        spare_user=factories.staff("zoe@example.org", first_name="Zoé"),
        group=Group.objects.create(name="Stagiaires"),
    )


def _client(house: House) -> None:
    own = {"last_name": MARK, "manager": house.paul}
    house.keep(
        category=Category.objects.create(name="Fidèles"),
        establishment=Establishment.objects.create(name="Agence"),
        spare_category=Category.objects.create(name="Perdue"),
        spare_establishment=Establishment.objects.create(name="Perdu"),
        tag=Tag.objects.create(name="VIP"),
        spare_tag=Tag.objects.create(name="Presse"),
    )
    client = factories.individual(
        first_name="Achille",
        email="zorglub@example.org",
        mobile="+33639980000",
        street="12 rue de Zorglub",
        postcode="75001",
        city="Paris",
        category=house.category,
        establishment=house.establishment,
        **own,
    )
    client.tags.add(house.tag)
    client.photo.save("photo.png", picture())
    Address.objects.create(
        client=client, recipient=MARK, street="3 quai Zorglub", postcode="69003", city="Lyon"
    )
    house.keep(
        client=client,
        spare_client=factories.individual(first_name="Nue", **own),
        bare=factories.individual(first_name="Abonnée", **own),
        twin=factories.individual(first_name="Achille", email="zorglub@example.org", **own),
        archived=factories.individual(first_name="Rangé", archived_on=TODAY, **own),
        neighbour=factories.individual(last_name=STRANGER, email="quidam@example.org", manager=house.olga),
    )
    house.keep(
        alice=factories.opening(client, email="alice@example.org", first_name="Alice"),
        bob=factories.opening(house.neighbour, email="bob@example.org", first_name="Bob"),
        dora=factories.opening(client, email="dora@example.org", first_name="Dora"),
        eve=factories.opening(client, email="eve@example.org", first_name="Eve", is_confirmed=False),
        gone=factories.opening(client, email="gone@example.org", is_active=False),
    )
    Access.objects.filter(user=house.dora).update(is_enabled=False)
    for name in ("alice", "dora", "eve"):
        house.keep(**{f"access_{name}": Access.objects.get(user=house.rows[name])})


def _services(house: House) -> None:
    plan = factories.plan()
    house.keep(
        plan=plan,
        spare_plan=factories.plan(name="Découverte", is_on_sale=False),
        subscription=factories.subscription(
            house.client, plan, ends_on=SOON, description="Formule de Zorglub"
        ),
        second=factories.subscription(house.client, plan, ends_on=date(2027, 3, 31)),
        asked=factories.subscription(house.client, plan, ends_on=date(2027, 4, 30)),
        stopped=factories.subscription(house.client, plan, ends_on=date(2027, 5, 31), not_renewed_on=TODAY),
        put_away=factories.subscription(
            house.client, plan, ends_on=date(2025, 5, 31), subscribed_on=date(2024, 6, 1), archived_on=TODAY
        ),
        third=factories.subscription(house.client, plan, ends_on=date(2026, 12, 4)),
        spare_subscription=factories.subscription(
            house.bare, plan, subscribed_on=date(2027, 1, 1), ends_on=date(2027, 5, 31)
        ),
        neighbours=factories.subscription(house.neighbour, plan, ends_on=SOON),
    )
    house.keep(
        changerequest=requests.submit(
            house.client, {"city": "Zorglub-sur-Mer"}, by=house.alice, at=NOW - timedelta(days=1)
        ),
        servicerequest=requests.ask(
            house.asked, "call_back", origin="space", by=house.alice, message=MARK, at=NOW
        ),
        rule=Rule.objects.first(),
        reminder=Reminder.objects.create(
            subscription=house.subscription, ends_on=SOON, days=15, status="letter", why="no_address",
            day=TODAY, written_at=NOW,
        ),
        pause=Pause.objects.create(client=house.client, starts_on=date(2027, 2, 1), reason=MARK, by=house.paul),
        reminder_run=ReminderRun.objects.create(day=TODAY, finished_at=NOW),
    )  # fmt: skip
    house.keep(token=links.token(house.second.pk, house.second.ends_on, "renew", at=NOW))


def _traces(house: House) -> None:
    house.keep(
        entry=record(house.client, Entry.Kind.CREATED, "Fiche de Zorglub", at=NOW),
        impersonation=Impersonation.objects.create(
            client=house.client, user=house.alice, by=house.superuser, reason=MARK, began_at=NOW
        ),
        failedsignin=FailedSignIn.objects.create(email="alice@example.org", way="password", at=NOW),
        registration=Registration.objects.create(
            kind="individual", last_name="Nouvelle", first_name="Fanny", email="fanny@example.org",
            created_at=NOW, email_confirmed_at=NOW,
        ),
    )  # fmt: skip


def _mails(house: House) -> None:
    client = house.client
    said = {
        "client": client,
        "subject": "Bonjour Zorglub",
        "text": "Cher Zorglub",
        "html": "<p>Cher Zorglub</p>",
    }
    mails = [waiting(client.email, **said), waiting(client.email, status="failed", **said)]
    house.keep(
        mail=mails[0],
        failed_mail=mails[1],
        mailaddress=MailAddress.objects.create(email=client.email, refused_at=NOW, last_trouble=MARK),
        opposed=MailAddress.objects.create(email="achille.zorglub@example.org", opposed_at=NOW),
        template=Template.objects.get(kind="reminder", name=""),
        own_template=Template.objects.create(kind="reminder", name="Le nôtre"),
    )


def _files(house: House) -> None:
    def upload() -> SimpleUploadedFile:
        return SimpleUploadedFile("zorglub.txt", b"Le secret de Zorglub", "text/plain")

    kind = factories.action_kind()
    action = factories.action(house.client, title="Passage de Zorglub", kind=kind)
    planned = NOW + timedelta(days=2)
    intervention = Intervention(client=house.client, title="Dépannage de Zorglub", planned_for=planned)
    house.keep(
        actionkind=kind,
        spare_kind=factories.action_kind(name="Appel"),
        action=note_action(action, at=NOW, uploads=[upload()], by=house.superuser),
        intervention=add_intervention(intervention, at=NOW, uploads=[upload()], by=house.paul),
    )


def _talk(house: House) -> None:
    file = SimpleUploadedFile("zorglub.txt", b"Le secret de Zorglub", "text/plain")
    theirs, ours = {"kind": "client", "by": house.alice, "at": NOW}, {"kind": "office", "at": NOW}
    message = conversations.send(house.client, f"Bonjour, ici {MARK}", uploads=[file], **theirs)
    conversations.send(house.client, f"Bonjour {MARK}", by=house.paul, **ours)
    # Its author alone corrects it.
    answer = conversations.send(house.client, f"Cher {MARK}", by=house.superuser, **ours)
    keys = Keys().keys
    device = {"endpoint": "https://updates.push.services.mozilla.com/wpush/v2/alice", **keys}
    public_key()
    house.keep(
        message=message,
        office_message=answer,
        supportrequest=conversations.open_request(house.client, f"Question de {MARK}", "Bonjour ?", **theirs),
        cannedreply=CannedReply.objects.create(title="Merci", text="Merci"),
        spare_cannedreply=CannedReply.objects.create(title="Perdu", text="Perdu"),
        message_file_name=_name(message.files.get().file),
        device=subscribe(house.alice, **device, name="Firefox", at=NOW),
        endpoint="https://updates.push.services.mozilla.com/wpush/v2/autre",
        p256dh=keys["p256dh"],
        auth=keys["auth"],
    )


def _imports(house: House) -> None:
    """Sent by a command on the server: any member of staff with the right may move them on."""

    def sent(lines: str = CSV, target: str = "individual") -> ImportRun:
        run = exchange.send(BytesIO(lines.encode()), "zorglub.csv", by=None, now=NOW)
        ImportRun.objects.filter(pk=run.pk).update(is_by_command=True, target=target)
        run.refresh_from_db()
        return run

    def rehearsed(lines: str = CSV) -> ImportRun:
        run = exchange.rehearse(sent(lines), now=NOW)
        return exchange.advance(run, now=NOW, budget_seconds=60)

    def applied() -> ImportRun:
        run = exchange.confirm(rehearsed(), now=NOW)
        return exchange.advance(run, now=NOW, budget_seconds=60)

    def terms() -> ImportRun:
        """A file of subscriptions, of a formule that nobody knows."""
        lines = f"Numéro client;Formule;Date de souscription;Date de fin;Prix HT\n{house.client.code};Rare;01/11/2026;31/10/2027;10,00\n"
        run = exchange.rehearse(sent(lines, target="subscription"), now=NOW)
        return exchange.advance(run, now=NOW, budget_seconds=60)

    house.keep(applied_run=applied(), importrun=sent(), rehearsed_run=rehearsed())
    house.keep(ready_run=rehearsed(CSV.replace("Achille", "Zélie").replace("achille", "zelie")))
    house.keep(moving_run=exchange.rehearse(sent(), now=NOW), terms_run=terms())


def _office(house: House) -> None:
    job = DjangoJob.objects.create(id="crm.mailing.jobs.deliver_outbox", next_run_time=NOW, job_state=b"")
    house.keep(
        job=job,
        execution=DjangoJobExecution.objects.create(job=job, status="Executed", run_time=NOW),
        hold=Hold.objects.create(expected_at=NOW, read_at=NOW),
    )
    for user in User.objects.filter(is_staff=True):
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    house.keep(
        logo_name=_name(house.organisation.logo),
        photo_name=_name(house.client.photo),
        action_file_name=_name(house.action.files.get().file),
        intervention_file_name=_name(house.intervention.files.get().file),
    )


def _name(file) -> str:
    return file.name.rpartition("/")[2]


def permissions(*names: str) -> list[Permission]:
    """Every permission of those names, `app.codename`."""
    wanted = set(names)
    return [
        one
        for one in Permission.objects.select_related("content_type")
        if f"{one.content_type.app_label}.{one.codename}" in wanted
    ]


def every_permission() -> set[str]:
    return {
        f"{label}.{codename}"
        for label, codename in Permission.objects.values_list("content_type__app_label", "codename")
    }
