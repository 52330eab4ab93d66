"""Five holes, planted one at a time where they are usually made: the matrix finds each (the control of all the rest)."""

import pytest
from django.contrib import admin
from django.shortcuts import get_object_or_404

from crm.backoffice import attachments
from crm.change_requests.services import withdraw
from crm.clients.models import Client
from crm.mailing.admin import MailAdmin
from crm.mailing.models import Mail
from crm.portal import space
from crm.products.models import Subscription
from crm.timeline.models import ActionFile
from tests.permissions.matrix import Matrix, Role, manager, signed_in
from tests.permissions.test_rights import does, without


@pytest.fixture
def neighbour(matrix) -> Role:
    return Role("client B", "stranger", signed_in(matrix.house.bob))


@pytest.fixture
def stranger(matrix) -> Role:
    return manager(matrix.house.olga, knows=False)


def found(matrix: Matrix, role: Role, name: str) -> set[str]:
    """What the matrix says of one address, without the address."""
    said = matrix.all_findings(role, [probe for probe in matrix.probes if probe.name == name])
    return {f"{one.split(': ')[1].split()[0]}: {one.split(': ')[2].split(' (')[0]}" for one in said}


def test_a_page_that_fetches_by_the_number_in_the_address(matrix, neighbour, monkeypatch):
    assert found(matrix, neighbour, "portal:change_service") == set()
    monkeypatch.setattr(space, "_own_term", lambda request, pk: get_object_or_404(Subscription, pk=pk))
    assert found(matrix, neighbour, "portal:change_service") >= {"GET: let in", "POST: let in"}


def test_a_list_that_forgets_whose_clients_they_are(matrix, stranger, monkeypatch):
    names = ["admin:mailing_mail_changelist", "admin:mailing_mail_change", "admin:mailing_mail_stop"]
    assert [found(matrix, stranger, name) for name in names] == [set(), set(), set()]
    monkeypatch.setattr(MailAdmin, "get_queryset", lambda self, request: Mail.objects.all())
    told, read, stopped = (found(matrix, stranger, name) for name in names)
    assert "GET: tells of the client" in told
    assert "GET: let in" in read
    assert any("POST: refused, yet wrote" in one for one in stopped)


def test_an_action_that_asks_for_no_right(matrix, monkeypatch):
    desk = admin.site.get_model_admin(Client)
    blind = without(matrix, "clients.change_client")
    assert does(matrix, blind, "clients.client:add_tag").wrote == []
    action = next(one for one in desk.actions if getattr(one, "__name__", "") == "add_tag")
    monkeypatch.delattr(action, "allowed_permissions")
    assert does(matrix, blind, "clients.client:add_tag").wrote != []


def test_a_page_that_writes_first_and_refuses_afterwards(matrix, neighbour, monkeypatch):
    def careless(request, pk):
        asked = matrix.house.servicerequest
        withdraw(asked, by=request.user, at=asked.created_at)
        return get_object_or_404(type(asked).objects.filter(client=request.client), pk=pk)

    assert found(matrix, neighbour, "portal:withdraw_service") == set()
    monkeypatch.setattr(space, "_withdrawn", lambda request, asked: asked)
    monkeypatch.setattr(space, "get_object_or_404", careless)
    monkeypatch.setattr(space.ServiceRequest.objects, "filter", lambda client: _Of(client, matrix))
    assert any(
        "POST: refused, yet wrote" in one for one in found(matrix, neighbour, "portal:withdraw_service")
    )


class _Of:
    """Stands for a request: it carries who asks to where the hole is."""

    def __init__(self, client, matrix: Matrix) -> None:
        self.client, self.user = client, matrix.house.bob


def test_a_file_that_asks_nobody_who_they_are(matrix, stranger, neighbour, monkeypatch):
    name = "backoffice:action_file"
    assert (found(matrix, stranger, name), found(matrix, neighbour, name)) == (set(), set())
    monkeypatch.setattr(
        "crm.backoffice.views.attachment_for", lambda user, folder, name: ActionFile.objects.get()
    )
    assert "GET: let in" in found(matrix, stranger, name)
    assert "GET: let in" in found(matrix, neighbour, name)
    assert attachments.READERS
