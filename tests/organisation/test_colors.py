"""A colour that is none (written past its check) is drawn as the default."""

import pytest

from crm.clients.models import Tag
from crm.organisation.models import Organisation
from crm.timeline.models import ActionKind
from tests.factories import action_kind, individual


@pytest.mark.parametrize("color", ["", "red", "#12345", "\"><b>'x", "#ggffee"])
def test_a_colour_that_is_none_is_read_as_the_default(staff_client, color):
    client = individual()
    client.tags.add(Tag.objects.create(name="VIP", color="#ffffff"))
    action_kind()
    Organisation.objects.current()
    for model, field in ((Tag, "color"), (ActionKind, "color"), (Organisation, "accent_color")):
        model.objects.update(**{field: color})
    pages = [
        "/admin/clients/tag/",
        "/admin/timeline/actionkind/",
        "/admin/clients/client/",
        "/fichiers/accent.css",
    ]
    assert [staff_client.get(page).status_code for page in pages] == [200, 200, 200, 200]
    assert (Tag.objects.get().color, ActionKind.objects.first().color, Organisation.objects.get().accent_color) == (
        "#5b7083", "#5b7083", "#1f5f8b",
    )  # fmt: skip
