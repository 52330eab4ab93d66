from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from crm.accounts.roles import grant_new_permissions


class AccountsConfig(AppConfig):
    name = "crm.accounts"
    verbose_name = _("Staff")

    def ready(self) -> None:
        # Connected before django.contrib.auth's own receiver (accounts stands above it in INSTALLED_APPS), so that
        # "this permission is new" can still be told.
        post_migrate.connect(grant_new_permissions, dispatch_uid="accounts.roles")
