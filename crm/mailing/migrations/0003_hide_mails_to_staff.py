from django.db import migrations

# As they were when the timeline showed them to the client.
TO_STAFF = ["request_received", "requests_digest", "message_unread_staff", "messages_digest_staff"]
LOT = 500


def hide(apps, schema_editor):
    """What the office was told of a client left on their timeline a line that they could read."""
    alias = schema_editor.connection.alias
    mails = apps.get_model("mailing", "Mail").objects.using(alias).filter(kind__in=TO_STAFF, client__isnull=False)
    entries = apps.get_model("timeline", "Entry").objects.using(alias)
    keys = list(mails.values_list("pk", "client_id"))
    for start in range(0, len(keys), LOT):
        lot = keys[start : start + LOT]
        entries.filter(
            client__in={client for _mail, client in lot},
            target_type="mailing.mail",
            target_id__in=[str(mail) for mail, _client in lot],
        ).update(is_visible_to_client=False)


class Migration(migrations.Migration):
    dependencies = [("mailing", "0002_mails_in_trouble"), ("timeline", "0008_messages")]

    operations = [migrations.RunPython(hide, migrations.RunPython.noop)]
