from django import forms
from django.conf import settings
from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from crm.core.admin import GuardedAdmin
from crm.core.pictures import PictureField, forget
from crm.organisation.models import Organisation


class OpenFieldsField(forms.MultipleChoiceField):
    """Names ticked among those that the room above offers. As long as nobody has chosen, those that it proposes."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs):
        super().__init__(choices=import_string(settings.FIELDS_TO_OPEN), required=False, **kwargs)

    def prepare_value(self, value):
        return import_string(settings.FIELDS_OPEN_AT_FIRST)() if value is None else value

    def has_changed(self, initial, data):
        return super().has_changed(self.prepare_value(initial), data)


class OrganisationForm(forms.ModelForm):
    class Meta:
        widgets = {"accent_color": forms.TextInput(attrs={"type": "color"})}
        field_classes = {"logo": PictureField}


@admin.register(Organisation)
class OrganisationAdmin(GuardedAdmin, admin.ModelAdmin):
    form = OrganisationForm
    fieldsets = [
        (_("Identity"), {"fields": ["name", "logo", "accent_color", "address", "telephone"]}),
        (_("Mails"), {"fields": ["sender_name", "sender_email", "reply_to_email"]}),
        (
            _("Reminders"),
            {
                "fields": [
                    "reminders_from_hour",
                    "joins_reminders",
                    "notices_to_individuals",
                    "notices_to_associations",
                    "notices_to_professionals",
                ]
            },
        ),
        (_("Requests of clients"), {"fields": ["request_mails", "requests_email", "open_fields"]}),
        (_("Messages"), {"fields": ["message_mail_minutes"]}),
        (_("Delays"), {"fields": ["ending_soon_days", "import_undo_days"]}),
        (_("Sign-in"), {"fields": ["is_second_step_required", "is_registration_open"]}),
        (_("Active clients"), {"fields": ["active_days", "is_active_with_formule"]}),
        (_("Attached files"), {"fields": ["attachment_max_megabytes"]}),
        (
            _("Imported files"),
            {
                "fields": [
                    "import_max_rows",
                    "import_max_megabytes",
                    "import_max_unpacked_megabytes",
                    "import_max_ratio",
                ]
            },
        ),
    ]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "open_fields":
            return OpenFieldsField(label=db_field.verbose_name, help_text=db_field.help_text)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if "logo" in form.changed_data:
            forget(Organisation.objects.get(pk=obj.pk).logo)
        super().save_model(request, obj, form, change)

    def changelist_view(self, request, extra_context=None):
        """There is one row: its list would be a detour."""
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        organisation = Organisation.objects.current()
        return redirect(reverse("admin:organisation_organisation_change", args=[organisation.pk]))
