"""Every door by which a file comes in, as a browser opens it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.fields.files import FieldFile
from django.test import Client as Browser
from django.urls import reverse

from crm.activity.models import InterventionFile
from crm.clients.models import Client
from crm.conversations.models import MessageFile
from crm.exchange.models import ImportRun
from crm.organisation.models import Organisation
from crm.timeline.models import ActionFile
from tests.backoffice.conftest import sheet
from tests.factories import action_kind
from tests.organisation.test_admin import FIELDS


class Door(NamedTuple):
    address: str
    # The field of its form, and what is typed beside it.
    field: str
    typed: Callable[[], dict]
    # The files that came in, last one last.
    files: Callable[[], Iterator[FieldFile]]
    # Where one of them is fetched.
    url: Callable[[FieldFile], str] = lambda file: file.url
    is_picture: bool = False


def _of(model) -> Callable[[], Iterator[FieldFile]]:
    return lambda: (row.file for row in model.objects.order_by("pk"))


def _message() -> dict:
    return {"text": "Voici", "token": uuid4()}


def doors(client: Client) -> dict[str, Door]:
    """The administrator stands before each of them, but for "space", where it is the client."""
    about = {"client": client.pk, "title": "Appel", "_save": "1"}
    organisation = Organisation.objects.current()
    typed = {"kind": action_kind().pk, "at": "2026-11-20T14:30", **about}
    planned = {"status": "planned", "planned_for": "2026-12-01T09:30", **about}
    return {
        "action": Door(reverse("admin:timeline_action_add"), "uploads", lambda: typed, _of(ActionFile)),
        "intervention": Door(
            reverse("admin:activity_intervention_add"), "uploads", lambda: planned, _of(InterventionFile)
        ),
        "office": Door(
            reverse("admin:conversations_thread_change", args=[client.pk]),
            "uploads",
            _message,
            _of(MessageFile),
        ),
        "space": Door(
            reverse("portal:messages"),
            "uploads",
            _message,
            _of(MessageFile),
            lambda file: reverse("portal:message_file", args=[file.name.rpartition("/")[2]]),
        ),
        "support": Door(
            reverse("portal:support_requests"),
            "uploads",
            lambda: {"subject": uuid4().hex, **_message()},
            _of(MessageFile),
            lambda file: reverse("portal:message_file", args=[file.name.rpartition("/")[2]]),
        ),
        "photo": Door(
            reverse("admin:clients_client_change", args=[client.pk]),
            "photo",
            lambda: sheet(last_name="Petit", first_name="Chloé"),
            lambda: (one.photo for one in Client.objects.exclude(photo="")),
            is_picture=True,
        ),
        "logo": Door(
            reverse("admin:organisation_organisation_change", args=[organisation.pk]),
            "logo",
            lambda: FIELDS,
            lambda: (one.logo for one in Organisation.objects.exclude(logo="")),
            is_picture=True,
        ),
        "import": Door(
            reverse("admin:exchange_importrun_add"),
            "file",
            dict,
            _of(ImportRun),
            lambda file: reverse("admin:exchange_importrun_file", args=[file.instance.pk]),
        ),
    }


def as_a_browser_names(name: str) -> str:
    """WHATWG, multipart/form-data: what would end the line or the quotation is escaped."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def hand_in(http: Browser, door: Door, *files: tuple[str, bytes]):
    uploads = []
    for name, content in files:
        uploads.append(SimpleUploadedFile("x", content))
        uploads[-1]._name = as_a_browser_names(name)
    return http.post(door.address, door.typed() | {door.field: uploads})
