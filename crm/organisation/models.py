from django.core.cache import caches
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.organisation.colors import ColorField

CACHE_KEY = "organisation"
CACHE_SECONDS = 60


class OrganisationManager(models.Manager["Organisation"]):
    def current(self) -> "Organisation":
        """The one row, made with its defaults when it is missing; read at most once a minute per process."""
        organisation = caches["memory"].get(CACHE_KEY)
        if organisation is None:
            organisation, _created = self.get_or_create(pk=1)
            caches["memory"].set(CACHE_KEY, organisation, CACHE_SECONDS)
        return organisation


class Organisation(models.Model):
    """What the administrator decides on the Settings screen, each with its effect. One row."""

    class RequestMails(models.TextChoices):
        EACH = "each", _("Each as it comes")
        DAILY = "daily", _("Once a day, all that wait")
        NONE = "none", _("None: they are read in the back office")

    name = models.CharField(
        _("Name"),
        max_length=120,
        default="Clientèle",
        help_text=_("Shown at the top of every page and in every mail."),
    )
    logo = models.ImageField(
        _("Logo"),
        upload_to="logo/",
        blank=True,
        help_text=_("PNG or JPEG. Shown on the sign-in page and beside the name."),
    )
    accent_color = ColorField(
        _("Accent colour"), default="#1f5f8b", help_text=_("Colour of buttons and links.")
    )
    address = models.TextField(_("Address"), blank=True, help_text=_("Sender's address on letters."))
    telephone = models.CharField(
        _("Telephone"), max_length=32, blank=True, help_text=_("Offered to clients in mails.")
    )
    sender_name = models.CharField(
        _("Sender's name"),
        max_length=120,
        blank=True,
        help_text=_("Who mails come from. Empty: the name above."),
    )
    sender_email = models.EmailField(
        _("Sender's e-mail"),
        blank=True,
        help_text=_("Address mails come from. Your mail provider must allow it."),
    )
    reply_to_email = models.EmailField(
        _("Reply address"), blank=True, help_text=_("Where answers go. Empty: the sender's e-mail.")
    )
    ending_soon_days = models.PositiveSmallIntegerField(
        _("“Ending soon” delay (days)"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_(
            "A formule that ends within this delay is shown as ending soon on lists and on the dashboard."
        ),
    )
    active_days = models.PositiveSmallIntegerField(
        _("Active after an intervention for (days)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("A client stays active this long after the last intervention, planned or done."),
    )
    is_active_with_formule = models.BooleanField(
        _("Active while a formule runs"),
        default=True,
        help_text=_("Untick it when only interventions make a client active."),
    )
    attachment_max_megabytes = models.PositiveSmallIntegerField(
        _("Size of an attached file (MB)"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("A larger file is refused."),
    )
    joins_reminders = models.BooleanField(
        _("One reminder for formules that end together"),
        default=False,
        help_text=_("A client with two formules ending the same day receives one e-mail about both."),
    )
    reminders_from_hour = models.PositiveSmallIntegerField(
        _("Reminders are prepared from (hour)"),
        default=7,
        validators=[MaxValueValidator(23)],
        help_text=_("Nothing leaves before this hour of the morning."),
    )
    notices_to_individuals = models.BooleanField(
        _("Notice of tacit renewal to individuals"),
        default=True,
        help_text=_("The law wants it (Code de la consommation, art. L215-1)."),
    )
    notices_to_associations = models.BooleanField(
        _("Notice of tacit renewal to associations"),
        default=True,
        help_text=_("The law protects those that act outside a profession in the same way."),
    )
    notices_to_professionals = models.BooleanField(
        _("Notice of tacit renewal to professionals"),
        default=False,
        help_text=_("Not asked by law between professionals: a courtesy."),
    )
    request_mails = models.CharField(
        _("Requests of clients by mail"),
        max_length=5,
        choices=RequestMails.choices,
        default=RequestMails.EACH,
        help_text=_("How the staff hear of what clients ask."),
    )
    requests_email = models.EmailField(
        _("Address for requests"),
        blank=True,
        help_text=_(
            "Who hears of requests of clients without a manager. Empty: the administrators. A manager always hears of "
            "those of their own clients."
        ),
    )
    message_mail_minutes = models.PositiveSmallIntegerField(
        _("E-mail about an unread message after (minutes)"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_(
            "To the client, or to who answers them here, when a message is still unread; then at most once a day. "
            "Everyone may choose otherwise for themselves."
        ),
    )
    open_fields = models.JSONField(
        _("Fields open to clients"),
        null=True,
        blank=True,
        help_text=_(
            "What clients may ask to change of their own record. Nothing changes before somebody accepts."
        ),
    )
    import_max_rows = models.PositiveIntegerField(
        _("Rows per imported file"),
        default=100_000,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text=_("A longer file is refused before anything is read from it."),
    )
    import_max_megabytes = models.PositiveIntegerField(
        _("Size of an imported file (MB)"),
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
        help_text=_("A larger file is refused."),
    )
    import_max_unpacked_megabytes = models.PositiveIntegerField(
        _("Unpacked size of an imported workbook (MB)"),
        default=300,
        validators=[MinValueValidator(10), MaxValueValidator(2_000)],
        help_text=_(
            "An XLSX file is a compressed archive: one that would fill the memory once unpacked is refused."
        ),
    )
    import_max_ratio = models.PositiveIntegerField(
        _("Compression ratio of an imported workbook"),
        default=100,
        validators=[MinValueValidator(10), MaxValueValidator(1_000)],
        help_text=_("A workbook more compressed than this is taken for a trap and refused."),
    )
    import_undo_days = models.PositiveSmallIntegerField(
        _("Import can be undone for (days)"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("After this delay the imported file and the values it replaced are erased."),
    )

    is_second_step_required = models.BooleanField(
        _("Second step for the staff"),
        default=False,
        help_text=_(
            "Everyone who works in the back office signs in with a code of their telephone as well: at the next page they open, those who have none yet are asked to set it up."
        ),
    )
    is_registration_open = models.BooleanField(
        _("Public registration"),
        default=False,
        help_text=_(
            "Offers on the sign-in page to ask for an account. Nobody becomes a client before you accept."
        ),
    )

    objects = OrganisationManager()

    class Meta:
        verbose_name = _("Settings")
        verbose_name_plural = _("Settings")
        default_permissions = ["view", "change"]
        constraints = [models.CheckConstraint(name="one_organisation", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        self.pk = 1
        super().save(*args, **kwargs)
        caches["memory"].delete(CACHE_KEY)
