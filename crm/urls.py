from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from crm.core.views import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("sante/", health, name="health"),
    path("fichiers/", include("crm.backoffice.urls")),
]
