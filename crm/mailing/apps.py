from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from crm.mailing.shipped import complete_templates


class MailingConfig(AppConfig):
    name = "crm.mailing"
    verbose_name = _("Mails")

    def ready(self) -> None:
        post_migrate.connect(complete_templates, sender=self, dispatch_uid="mailing.templates")
        # By its name: it speaks of models, which exist only now.
        import_module("crm.mailing.receivers")
