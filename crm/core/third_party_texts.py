"""Words that libraries show without a French of their own: named here, they enter our catalogue."""

from django.utils.translation import gettext_noop

# Marked `no-…-format` where our French leaves out the model’s name, whose gender it would have to agree with.
THIRD_PARTY_TEXTS = [
    gettext_noop("Select all"),
    gettext_noop("Add another %(verbose_name)s"),
    gettext_noop("Historical clients"),
    gettext_noop("group"),
    gettext_noop("groups"),
    # xgettext:no-python-format
    gettext_noop("Delete selected %(verbose_name_plural)s"),
    gettext_noop("Successfully deleted %(count)d %(items)s."),
    # xgettext:no-python-brace-format
    gettext_noop("The {name} “{obj}” was added successfully."),
    # xgettext:no-python-brace-format
    gettext_noop("The {name} “{obj}” was added successfully. You may edit it again below."),
    # xgettext:no-python-brace-format
    gettext_noop("The {name} “{obj}” was added successfully. You may add another {name} below."),
    # xgettext:no-python-brace-format
    gettext_noop("The {name} “{obj}” was changed successfully."),
    # xgettext:no-python-brace-format
    gettext_noop("The {name} “{obj}” was changed successfully. You may edit it again below."),
    # xgettext:no-python-brace-format
    gettext_noop("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    # xgettext:no-python-format
    gettext_noop("The %(name)s “%(obj)s” was deleted successfully."),
    gettext_noop("0 of %(cnt)s selected"),
    gettext_noop("You may edit it again below."),
]
