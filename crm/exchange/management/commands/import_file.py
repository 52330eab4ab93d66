"""An import from the command line: the same rehearsal and the same writing as on the screens."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.accounts.models import User
from crm.exchange import services
from crm.exchange.importing.headings import is_ours
from crm.exchange.models import ImportLine, ImportRun
from crm.exchange.reading import ENCODINGS
from crm.exchange.sources import Unreadable

SHOWN = 20
VERDICTS = ("new", "changed", "unchanged", "duplicate", "refused")


class Command(BaseCommand):
    help = (
        "Import a CSV or XLSX file of clients, formules or subscriptions. Exits 0 even when lines are refused, "
        "and says how many; any other status means that nothing was read."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Rehearse only: write nothing.")
        parser.add_argument("--kind", choices=ImportRun.Target.values, help="What the file holds.")
        parser.add_argument("--encoding", choices=ENCODINGS)
        parser.add_argument("--separator", help="; , | or tab")
        parser.add_argument("--by", metavar="EMAIL", help="The member of staff whose import it is.")

    def handle(self, *args, **options) -> None:
        with override(settings.LANGUAGE_CODE):
            try:
                self._import(options)
            except Unreadable as error:
                raise CommandError(" ".join(error.messages)) from error
            except services.NotPossible as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(
                    _("%(file)s cannot be read: %(reason)s")
                    % {"file": options["file"], "reason": error.strerror}
                ) from error

    def _import(self, options: dict) -> None:
        run = self._sent(options)
        services.rehearse(run, now=timezone.now())
        self._finish(run)
        self._tell(run)
        if options["dry_run"]:
            services.abandon(run)
            self.stdout.write(_("Nothing was written (--dry-run)."))
            return
        if run.lines.to_write().exists():
            services.confirm(run, now=timezone.now())
            self._finish(run)
        created, updated = run.count_of("created"), run.count_of("updated")
        self.stdout.write(
            _("Written: %(created)d created, %(updated)d changed. Import no. %(number)d.")
            % {"created": created, "updated": updated, "number": run.pk}
        )

    def _sent(self, options: dict) -> ImportRun:
        by = None
        if options["by"]:
            by = User.objects.filter(email__iexact=options["by"], is_active=True, is_staff=True).first()
            if by is None:
                raise CommandError(
                    _("No member of staff signs in with %(email)s.") % {"email": options["by"]}
                )
        path: Path = options["file"]
        with path.open("rb") as file:
            run = services.send(file, path.name, by=by, now=timezone.now())
        try:
            self._correct(run, options)
        except Unreadable:
            services.abandon(run)
            raise
        return run

    def _correct(self, run: ImportRun, options: dict) -> None:
        separator = "\t" if options["separator"] in ("tab", "\\t") else options["separator"]
        if options["kind"] or options["encoding"] or separator:
            services.reread(
                run,
                now=timezone.now(),
                target=options["kind"] or run.target,
                encoding=options["encoding"] or run.encoding,
                separator=separator or run.separator,
                sheet=run.sheet,
            )

    def _finish(self, run: ImportRun) -> None:
        while run.is_at_work:
            services.advance(run, now=timezone.now(), budget_seconds=60)
        if run.state == ImportRun.State.FAILED:
            raise CommandError(run.failure)

    def _tell(self, run: ImportRun) -> None:
        how = ", ".join(part for part in (run.kind, run.encoding, run.separator.strip(), run.sheet) if part)
        self.stdout.write(f"{run.original_name} : {run.get_target_display()} ({how})")
        if ignored := [heading for heading, key in run.mapping.items() if not key and not is_ours(heading)]:
            self.stdout.write(_("Columns left out: %(names)s") % {"names": ", ".join(ignored)})
        for verdict in VERDICTS:
            label = ImportLine.Verdict(verdict).label
            self.stdout.write(f"  {label} : {run.count_of(verdict)}")
        for line in run.lines.filter(verdict="refused").order_by("line")[:SHOWN]:
            why = " ; ".join(
                f"{heading} : {reason}" if heading else reason for heading, reason in line.reasons
            )
            self.stdout.write(_("  line %(line)d: %(why)s") % {"line": line.line, "why": why})
        if run.count_of("refused") > SHOWN:
            self.stdout.write("  …")
