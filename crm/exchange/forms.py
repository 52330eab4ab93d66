"""What a person says about a file to import."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.exchange.models import ImportRun
from crm.exchange.reading import ENCODINGS, SEPARATORS

ENCODING_NAMES = {
    "utf-8": _("UTF-8"),
    "utf-8-sig": _("UTF-8 with a mark (Excel’s “CSV UTF-8”)"),
    "utf-16": _("UTF-16"),
    "utf-16-le": _("UTF-16 (little-endian)"),
    "utf-16-be": _("UTF-16 (big-endian)"),
    "cp1252": _("Windows (Excel’s “CSV”)"),
    "iso8859-15": _("ISO 8859-15 (older Linux)"),
    "mac-roman": _("Macintosh"),
    "cp850": _("MS-DOS"),
}
SEPARATOR_NAMES = {";": _("semicolon ;"), "\t": _("tabulation"), ",": _("comma ,"), "|": _("bar |")}


# How a file was read, in a few words.
ENCODINGS_IN_SHORT = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows (cp1252)",
    "iso8859-15": "ISO 8859-15",
    "mac-roman": "Macintosh",
    "cp850": "MS-DOS (cp850)",
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx", "class": "form-control"}),
    )


class RereadForm(forms.Form):
    """How the file was recognised, to be corrected."""

    target = forms.ChoiceField(
        label=_("What the file holds"), widget=forms.Select(attrs={"class": "form-select"})
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[(name, ENCODING_NAMES[name]) for name in ENCODINGS],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    separator = forms.ChoiceField(
        label=_("Separator"),
        required=False,
        choices=[(name, SEPARATOR_NAMES[name]) for name in SEPARATORS],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    sheet = forms.ChoiceField(
        label=_("Sheet"), required=False, widget=forms.Select(attrs={"class": "form-select"})
    )

    def __init__(self, *args, run: ImportRun, sheets: list[str], targets: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [("", _("Choose…")), *targets]
        self.fields["sheet"].choices = [(name, name) for name in sheets]
        for name in ("encoding", "separator") if run.kind == "xlsx" else ("sheet",):
            del self.fields[name]
