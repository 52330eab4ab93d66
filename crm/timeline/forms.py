"""Several files at once, each known by its content before anything is written."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.timeline.files import ACCEPTED, checked
from crm.timeline.models import Action

MOST_FILES = 10


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"

    def __init__(self, attrs=None):
        super().__init__({"accept": ACCEPTED, **(attrs or {})})

    def value_from_datadict(self, data, files, name):
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class FilesField(forms.FileField):
    """Cleans to a list of files, each of them allowed."""

    widget = FilesInput

    def __init__(self, **kwargs):
        help_text = _("PDF, pictures, documents without macros, texts: up to %(most)d files at once.")
        kwargs = {
            "required": False,
            "label": _("Attach files"),
            "help_text": help_text % {"most": MOST_FILES},
        } | kwargs
        super().__init__(**kwargs)

    def clean(self, data, initial=None):
        uploads = data if isinstance(data, list) else [data] if data else []
        if len(uploads) > MOST_FILES:
            raise ValidationError(_("Attach at most %(most)d files at once."), params={"most": MOST_FILES})
        errors = []
        for upload in uploads:
            try:
                checked(upload)
            except ValidationError as error:
                errors.append(error)
        if errors:
            raise ValidationError(errors)
        return uploads

    def has_changed(self, initial, data) -> bool:
        return bool(data)


class ActionForm(forms.ModelForm):
    uploads = FilesField()

    class Meta:
        model = Action
        fields = ["client", "kind", "title", "at", "note"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial.setdefault("at", timezone.localtime().replace(second=0, microsecond=0))
