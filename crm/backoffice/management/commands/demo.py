import os

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.roles import role_name
from crm.backoffice import demonstration
from crm.core.management.commands.serve import address_of


class Command(BaseCommand):
    help = "Fill an empty base with invented clients and start Clientèle; --remove takes them away."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--remove", action="store_true", help="delete the demonstration, and nothing else"
        )
        parser.add_argument("--no-serve", action="store_true", help="fill the base only")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args, remove: bool, no_serve: bool, host: str, port: int, **options) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if remove:
            self.remove()
            return
        if not no_serve:
            # The mails of the past are written here, before the server starts.
            settings.SITE_URL = os.environ.setdefault("SITE_URL", address_of(host, port))
        self.load()
        if not no_serve:
            call_command("serve", host=host, port=port)

    def load(self) -> None:
        if settings.SESSION_COOKIE_SECURE:
            raise CommandError(
                _("The demonstration has known passwords: it is not for a server on the internet.")
            )
        try:
            now = timezone.now()
            if demonstration.load(now=now):
                demonstration.play_past(now=now)
        except demonstration.NotEmpty:
            self.stdout.write(_("This base already holds clients: no demonstration is added."))
            return
        self.stdout.write(_("Demonstration accounts (e-mail, password):"))
        for member in demonstration.read_fixture()["staff"]:
            self.stdout.write(f"  {role_name(member['role']):<16} {member['email']:<40} {member['password']}")
        for person in demonstration.read_fixture()["sign_ins"]:
            self.stdout.write(f"  {_('Client'):<16} {person['email']:<40} {person['password']}")

    def remove(self) -> None:
        if not demonstration.is_loaded():
            self.stdout.write(_("There is no demonstration data here."))
            return
        kept = demonstration.remove()
        self.stdout.write(_("The demonstration data are removed."))
        for row in kept:
            self.stdout.write(
                _("Kept, because other records use it: %(kind)s “%(name)s”")
                % {"kind": row._meta.verbose_name, "name": row}
            )
        if not User.objects.filter(is_superuser=True, is_active=True).exists():
            self.stdout.write(
                _(
                    "Nobody can sign in any more: the next start makes an administrator and shows the password."
                )
            )
