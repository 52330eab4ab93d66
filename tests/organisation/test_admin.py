import pytest
from django.urls import reverse

from crm.organisation.models import Organisation
from tests import factories

CHANGE = "/admin/organisation/organisation/1/change/"
FIELDS = {
    "name": "Maison Tilleul",
    "accent_color": "#7a1f5f",
    "address": "3 rue du Moulin\n69003 Lyon",
    "telephone": "01 99 00 12 34",
    "sender_name": "",
    "sender_email": "bonjour@tilleul.example",
    "reply_to_email": "",
    "ending_soon_days": "45",
    "active_days": "60",
    "message_mail_minutes": 15,
    "attachment_max_megabytes": "5",
    "reminders_from_hour": "7",
    "request_mails": "each",
    "requests_email": "",
    "import_undo_days": "10",
    "import_max_rows": "5000",
    "import_max_megabytes": "20",
    "import_max_unpacked_megabytes": "100",
    "import_max_ratio": "50",
}


def test_the_list_of_one_row_leads_to_the_row(staff_client):
    response = staff_client.get(reverse("admin:organisation_organisation_changelist"))
    assert (response.status_code, response.url) == (302, CHANGE)


def test_the_administrator_changes_the_settings(staff_client):
    Organisation.objects.current()
    response = staff_client.post(CHANGE, FIELDS)
    assert response.status_code == 302, response.context["adminform"].form.errors
    organisation = Organisation.objects.current()
    assert (organisation.name, organisation.ending_soon_days) == ("Maison Tilleul", 45)


def test_every_setting_is_on_the_screen(staff_client):
    Organisation.objects.current()
    shown = staff_client.get(CHANGE).context["adminform"].form.fields
    editable = [field.name for field in Organisation._meta.fields if field.editable and not field.primary_key]
    assert sorted(shown) == sorted(editable)


def test_a_wrong_setting_is_told_beside_its_field_and_nothing_is_written(staff_client):
    Organisation.objects.current()
    response = staff_client.post(CHANGE, FIELDS | {"ending_soon_days": "0"})
    assert list(response.context["adminform"].form.errors) == ["ending_soon_days"]
    assert Organisation.objects.current().name == "Clientèle"


def test_the_name_of_the_organisation_cannot_smuggle_a_script(staff_client):
    Organisation(name="<script>alert(1)</script>").save()
    assert "<script>alert(1)" not in staff_client.get("/admin/").content.decode()


def test_there_is_nothing_to_add_or_delete(staff_client):
    Organisation.objects.current()
    add, delete = "/admin/organisation/organisation/add/", "/admin/organisation/organisation/1/delete/"
    assert [staff_client.get(url).status_code for url in (add, delete)] == [403, 403]


@pytest.mark.parametrize("role", ["Manager", "Read-only"])
def test_the_other_roles_do_not_open_the_settings(client, db, role):
    Organisation.objects.current()
    client.force_login(factories.staff("agent@example.org", role))
    assert (client.get(CHANGE).status_code, client.post(CHANGE, FIELDS).status_code) == (403, 403)
    assert Organisation.objects.current().name == "Clientèle"


def test_the_address_of_the_accent_changes_with_the_colour(staff_client):
    organisation = Organisation.objects.current()
    organisation.accent_color = "#7a2f8b"
    organisation.save()
    assert "accent.css?v=7a2f8b" in staff_client.get("/admin/").content.decode()
