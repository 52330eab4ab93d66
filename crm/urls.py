from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from crm.core.views import AutocompleteView, health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path(
        "admin/autocomplete/",
        admin.site.admin_view(AutocompleteView.as_view(admin_site=admin.site)),
        name="autocomplete",
    ),
    path("admin/", include("crm.backoffice.password_reset")),
    path("admin/", admin.site.urls),
    path("sante/", health, name="health"),
    path("espace/", include("crm.portal.urls")),
    path("fichiers/", include("crm.backoffice.urls")),
]
if settings.MAIL_WEBHOOKS:
    urlpatterns.append(path("anymail/", include("crm.mailing.urls")))
