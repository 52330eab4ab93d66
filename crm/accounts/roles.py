"""The roles of settings.ROLES, kept as groups."""

from fnmatch import fnmatchcase

from django.apps import apps as current_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.utils.translation import gettext, gettext_noop, override

# For the catalogue: settings.ROLES cannot mark its own names, as translating needs settings already read.
SHIPPED = [gettext_noop("Administrator"), gettext_noop("Manager"), gettext_noop("Read-only")]


def role_name(role: str) -> str:
    """The group's name: English name of the role, in the language of the installation."""
    with override(settings.LANGUAGE_CODE):
        return gettext(role)


def grant_new_permissions(app_config, *, apps=current_apps, using="default", **kwargs) -> None:
    """Create this app's permissions and give the new ones to the roles that are entitled to them."""
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:
        return
    permissions = permission_model.objects.using(using).filter(content_type__app_label=app_config.label)
    known = set(permissions.values_list("pk", flat=True))
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    new = [
        permission for permission in permissions.select_related("content_type") if permission.pk not in known
    ]
    for role, patterns in settings.ROLES.items():
        granted = [permission for permission in new if _is_entitled(permission, patterns)]
        if granted:
            group, _created = group_model.objects.using(using).get_or_create(name=role_name(role))
            group.permissions.add(*granted)


def _is_entitled(permission, patterns: list[str]) -> bool:
    full_name = f"{permission.content_type.app_label}.{permission.codename}"
    return any(fnmatchcase(full_name, pattern) for pattern in patterns)
