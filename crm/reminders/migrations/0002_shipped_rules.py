from django.db import migrations

from crm.reminders.models.rule import SHIPPED


def add_rules(apps, schema_editor):
    rules = apps.get_model("reminders", "Rule").objects.using(schema_editor.connection.alias)
    rules.bulk_create([rules.model(days=days) for days in SHIPPED])


class Migration(migrations.Migration):
    dependencies = [("reminders", "0001_initial")]

    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
