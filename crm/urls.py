from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from crm.core.views import AutocompleteView, IconView, health

# One door: the admin's own form would let passwords be guessed without limit, and no second step be asked.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="account_login")),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path(
        "admin/autocomplete/",
        admin.site.admin_view(AutocompleteView.as_view(admin_site=admin.site)),
        name="autocomplete",
    ),
    path("admin/notifications/", include("crm.backoffice.notifications")),
    path("admin/", admin.site.urls),
    path("espace/", include("crm.access.urls")),
    path("espace/", include("crm.portal.urls")),
    path("sante/", health, name="health"),
    path("favicon.ico", IconView.as_view(), name="icon"),
    path("", include("crm.devices.urls")),
    path("fichiers/", include("crm.backoffice.urls")),
]
if settings.MAIL_WEBHOOKS:
    urlpatterns.append(path("anymail/", include("crm.mailing.urls")))
