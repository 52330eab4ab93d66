from django.contrib.auth.models import AnonymousUser


def test_pages_of_a_signed_in_person_are_not_kept_by_the_browser(staff_client):
    response = staff_client.get("/admin/")
    assert "no-store" in response["Cache-Control"]


def test_nothing_is_said_to_be_private_to_a_passer_by(client, db):
    response = client.get("/sante/")
    assert (response.wsgi_request.user, response.has_header("Cache-Control")) == (AnonymousUser(), False)
