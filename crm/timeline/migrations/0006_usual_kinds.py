from django.conf import settings
from django.db import migrations
from django.utils.translation import gettext, gettext_noop, override

USUAL = [
    (gettext_noop("Call"), "phone", "#1f5f8b"),
    (gettext_noop("Meeting"), "handshake", "#1c6b3c"),
    (gettext_noop("Letter"), "envelope", "#8a5300"),
]


def create(apps, schema_editor):
    """The three to begin with, in the organisation's language; the administrator renames, adds and removes."""
    kinds = apps.get_model("timeline", "ActionKind").objects.using(schema_editor.connection.alias)
    with override(settings.LANGUAGE_CODE):
        for name, icon, color in USUAL:
            kinds.create(name=gettext(name), icon=icon, color=color)


class Migration(migrations.Migration):
    dependencies = [("timeline", "0005_actions")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
