"""Words that libraries show without a French of their own: named here, they enter our catalogue."""

from django.utils.translation import gettext_noop

THIRD_PARTY_TEXTS = [
    gettext_noop("Select all"),
    gettext_noop("Add another %(verbose_name)s"),
    gettext_noop("Historical clients"),
    gettext_noop("django job"),
    gettext_noop("django jobs"),
    gettext_noop("django job execution"),
    gettext_noop("django job executions"),
]
