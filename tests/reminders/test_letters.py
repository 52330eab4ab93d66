"""Which letters are to be printed, and what they say."""

from datetime import date

import pytest

from crm.clients.models import Client
from crm.mailing.models import TemplateText
from crm.organisation.models import Organisation
from crm.products import services as products
from crm.products.models import Plan, Subscription
from crm.reminders.letters import Writer, to_print, why_too_late
from crm.reminders.models import Pause, Reminder
from tests import factories
from tests.reminders.playing import DAY, LONG_AGO, days_go_by, noon, pass_on, service

TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.usefixtures("rules")


def paper(ends_on: date, **fields) -> Subscription:
    """A service of a client without an e-mail address."""
    return service(ends_on, client=fields.pop("client", None) or factories.individual(), **fields)


def days(day: date) -> list[int]:
    return list(to_print(day).order_by("-days").values_list("days", flat=True))


def test_a_letter_waits_until_it_is_printed(db):
    paper(TODAY + 8 * DAY)
    pass_on(TODAY)
    assert days(TODAY) == [8]
    Reminder.objects.update(printed_at=noon(TODAY))
    assert days(TODAY) == []


def test_a_closer_one_takes_the_place_of_a_letter_nobody_printed(db):
    paper(TODAY + 8 * DAY)
    days_go_by(TODAY, TODAY + 3 * DAY)
    assert days(TODAY + 3 * DAY) == [5]


@pytest.mark.parametrize(
    "ending",
    [
        lambda term: products.renew(term, at=noon(TODAY)),
        lambda term: products.stop(term, day=TODAY, at=noon(TODAY)),
        lambda term: Subscription.objects.filter(pk=term.pk).update(ends_on=TODAY + 90 * DAY),
        lambda term: Client.objects.filter(pk=term.client_id).update(archived_on=TODAY),
        lambda term: Pause.objects.create(client=term.client, starts_on=TODAY),
    ],
    ids=["renewed", "stopped", "moved", "archived", "paused"],
)
def test_a_letter_that_is_no_longer_wanted_is_not_printed(db, ending):
    term = paper(TODAY + 8 * DAY)
    pass_on(TODAY)
    ending(term)
    assert days(TODAY) == []


def test_nothing_is_printed_after_the_end(db):
    paper(TODAY + DAY)
    pass_on(TODAY)
    assert (days(TODAY + DAY), days(TODAY + 2 * DAY)) == ([1], [])


# Its text


@pytest.fixture
def tacit(db) -> Plan:
    return factories.plan(name="Entretien", renewal=Plan.Renewal.TACIT, notice_months=1)


def letter(**fields) -> Reminder:
    rows = Reminder.objects.select_related("subscription__client", "subscription__plan")
    return rows.get(status=Reminder.Status.LETTER, **fields)


def words(row: Reminder, day: date = TODAY) -> str:
    text = Writer(day).text_of(row)
    return "\n".join([text.subject, *(one.text for one in text.paragraphs)])


def test_it_says_what_the_mail_would_have_said_on_the_day_it_is_printed(db):
    paper(TODAY + 8 * DAY)
    pass_on(TODAY)
    assert "dans 8 jours" in words(letter(days=8))
    assert "dans 6 jours" in words(letter(days=8), TODAY + 2 * DAY)


def test_what_one_clicks_on_is_left_out_with_what_announces_it(db, tacit):
    paper(TODAY + 8 * DAY, plan=tacit)
    pass_on(TODAY)
    text = words(letter(days=8))
    assert "vous n’avez rien à faire." in text
    for word in ("clic", "Rappelez-moi", "arrêter", "[", "\ue000", "http"):
        assert word not in text


def test_a_letter_about_a_renewal_on_request_speaks_of_no_click(db):
    paper(TODAY + 8 * DAY)
    pass_on(TODAY)
    text = words(letter(days=8))
    assert "Si vous la renouvelez, elle repart aux mêmes conditions" in text
    assert "clic" not in text


def test_a_letter_about_a_service_that_is_not_renewed_offers_no_renewal(db):
    paper(TODAY + 8 * DAY, plan=factories.plan(name="Formation", renewal=Plan.Renewal.NONE))
    pass_on(TODAY)
    text = words(letter(days=8))
    assert "Elle ne se renouvelle pas" in text
    assert "conditions" not in text


def test_the_box_of_a_notice_stays_a_box(db, tacit):
    paper(date(2026, 12, 31), plan=tacit)
    pass_on(date(2026, 10, 1))
    text = Writer(date(2026, 10, 1)).text_of(letter(purpose="notice"))
    assert [one.text for one in text.paragraphs if one.is_boxed] == [
        "Vous pouvez refuser ce renouvellement jusqu’au 30 novembre 2026 inclus."
    ]
    assert not any("====" in one.text or "clic" in one.text for one in text.paragraphs)


def test_the_office_s_own_text_is_used(db):
    TemplateText.objects.filter(template__kind="reminder", language="fr").update(
        subject="À bientôt", body="<p>Il reste {{ jours_restants }} jours :</p><p>revenez.</p>"
    )
    paper(TODAY + 8 * DAY)
    pass_on(TODAY)
    assert words(letter(days=8)) == "À bientôt\nIl reste 8 jours :\nrevenez."


def test_a_client_is_written_to_in_their_language(db, tacit):
    paper(TODAY + 8 * DAY, plan=tacit, client=factories.individual(preferred_language="en"))
    pass_on(TODAY)
    assert "renews in 8 days" in words(letter(days=8))


def test_one_is_told_how_to_answer(db):
    organisation = Organisation.objects.current()
    organisation.address = "1 rue des Lilas\n75001 PARIS"
    organisation.save()
    assert Writer(TODAY).answer_in("fr") == "Pour nous répondre, écrivez à l’adresse ci-dessus."
    organisation.telephone, organisation.reply_to_email = "01 99 00 12 34", "bonjour@example.org"
    organisation.save()
    assert Writer(TODAY).answer_in("fr") == "Pour nous répondre\xa0: 01 99 00 12 34 – bonjour@example.org."


def test_no_letter_speaks_of_an_address_that_the_office_has_not_given(db):
    assert Writer(TODAY).answer_in("fr") == ""


def test_a_notice_printed_after_the_deadline_would_lie(db, tacit):
    paper(date(2026, 12, 31), plan=tacit, end_known_on=LONG_AGO)
    pass_on(date(2026, 11, 20))
    row = letter(purpose="notice")
    assert why_too_late(row, date(2026, 11, 30)) == ""
    assert why_too_late(row, date(2026, 12, 1)) == "Le dernier jour pour refuser la reconduction est passé."
