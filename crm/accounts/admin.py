from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm, UserChangeForm
from django.forms import CheckboxSelectMultiple
from django.utils.translation import gettext_lazy as _

from crm.accounts import role_admin  # noqa: F401 (registers the roles)
from crm.accounts.models import User
from crm.core.admin import GuardedAdmin

# Under a heading of the same page, not in a tab of its own.
SECTION = {"classes": ["section"]}
LABELS = {"is_staff": _("May sign in to the back office"), "is_superuser": _("Has every right")}
HELP = {
    "is_staff": _("Without it, this person sees no page of the back office."),
    "is_superuser": _("Whatever the roles say."),
    "is_active": _("Untick it rather than delete someone who leaves: what they did keeps their name."),
    "groups": _("What this person may see and do."),
}


class UserCreationForm(BaseUserCreationForm):
    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ["email"]
        field_classes = {}
        labels = LABELS
        help_texts = HELP

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["is_staff"].initial = True
        self.instance.must_change_password = True


class TypedPasswordForm(AdminPasswordChangeForm):
    """A password that somebody else knows is good for one sign-in."""

    def save(self, commit=True):
        self.user.must_change_password = self.cleaned_data.get("usable_password") != "false"
        return super().save(commit)


class UserEditForm(UserChangeForm):
    class Meta(UserChangeForm.Meta):
        model = User
        field_classes = {}
        labels = LABELS
        help_texts = HELP


class AudienceFilter(admin.SimpleListFilter):
    """The staff, unless the clients' sign-ins are asked for: there may be thousands of them."""

    title = _("Who")
    parameter_name = "who"

    def lookups(self, request, model_admin):
        return [("clients", _("Client space")), ("all", _("Everyone"))]

    def choices(self, changelist):
        for choice in super().choices(changelist):
            yield {**choice, "display": _("Staff")} if choice["query_string"] == "?" else choice

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(is_staff=self.value() != "clients")


@admin.register(User)
class UserAdmin(GuardedAdmin, DjangoUserAdmin):
    form = UserEditForm
    add_form = UserCreationForm
    change_password_form = TypedPasswordForm
    list_display = ["email", "last_name", "first_name", "roles", "is_active", "last_login"]
    list_filter = [AudienceFilter, "is_active", "groups"]
    search_fields = ["email", "last_name", "first_name"]
    ordering = ["last_name", "first_name", "email"]
    # Django's own page for someone new speaks of a username.
    add_form_template = None
    # Two long lists side by side are unusable under the skin: a role is a box to tick.
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Identity"), {"fields": [("last_name", "first_name")], **SECTION}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"], **SECTION}),
        (_("Dates"), {"fields": [("last_login", "date_joined")], **SECTION}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    add_fieldsets = [
        (
            None,
            {
                "fields": [
                    "email",
                    ("last_name", "first_name"),
                    "groups",
                    "is_staff",
                    ("password1", "password2"),
                ]
            },
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("Roles"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(
            db_field, request, **({"widget": CheckboxSelectMultiple} | kwargs)
        )

    def save_model(self, request, obj, form, change):
        """Another address has to be confirmed, and the former one opens nothing any more."""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).delete()
            EmailAddress.objects.create(user=obj, email=obj.email.lower(), primary=True)

    def response_add(self, request, obj, post_url_continue=None):
        """To the list, as for anything else: there is no second page to fill in."""
        return admin.ModelAdmin.response_add(self, request, obj, post_url_continue)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if not request.user.is_superuser and "is_superuser" in form.base_fields:
            form.base_fields["is_superuser"].disabled = True
        return form

    def has_change_permission(self, request, obj=None):
        """Only a superuser touches a superuser, or an administrator could become one by a password."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        if obj is not None and (obj == request.user or (obj.is_superuser and not request.user.is_superuser)):
            return False
        return super().has_delete_permission(request, obj)
