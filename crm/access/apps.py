from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "crm.access"
    verbose_name = _("Client space")

    def ready(self) -> None:
        # By its name: it speaks of models, which exist only now.
        import_module("crm.access.receivers")
