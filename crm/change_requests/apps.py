from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChangeRequestsConfig(AppConfig):
    name = "crm.change_requests"
    verbose_name = _("Requests")

    def ready(self) -> None:
        # By its name: it speaks of models, which exist only now.
        import_module("crm.change_requests.receivers")
