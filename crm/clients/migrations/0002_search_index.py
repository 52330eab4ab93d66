from django.db import migrations

CREATE = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX client_search_trigrams ON clients_client USING gin (search_text gin_trgm_ops);
"""
DROP = "DROP INDEX client_search_trigrams;"


def create(apps, schema_editor):
    # SQLite has no trigram index on a column: it reads the one search column, which stays as quick as a stock search.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
