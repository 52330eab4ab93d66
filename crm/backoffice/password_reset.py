"""“Forgotten password?” of the back office: a one-time link by mail, through the outbox as private."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.core.cache import cache
from django.urls import path

from crm.accounts.models import User
from crm.organisation.colors import ink, text_on
from crm.organisation.models import Organisation

# However often it is asked for, an address receives at most one link in this time.
SECONDS_BETWEEN = 120


class StaffPasswordResetForm(PasswordResetForm):
    """For those who may sign in here. Whoever asks, the answer is the same: it tells nothing of who works here."""

    def get_users(self, email: str) -> Iterable[User]:
        if not cache.add(f"password-reset:{email.strip().lower()}", True, SECONDS_BETWEEN):
            return []
        return (user for user in super().get_users(email.strip()) if user.is_staff)

    def save(self, **options: Any) -> None:
        """The link is made of the installation's own address, never of what a request claims."""
        site = urlsplit(settings.SITE_URL)
        organisation = Organisation.objects.current()
        accent = organisation.accent_color
        look = {
            "organisation": organisation,
            "ink": ink(accent),
            "text_on_accent": text_on(accent),
            "language": settings.LANGUAGE_CODE,
        }
        own = {
            "domain_override": site.netloc,
            "use_https": site.scheme == "https",
            "extra_email_context": look,
        }
        super().save(**{**options, **own})


ask = views.PasswordResetView.as_view(
    form_class=StaffPasswordResetForm,
    email_template_name="registration/password_reset_email.txt",
    html_email_template_name="registration/password_reset_email.html",
)
# Names and order are Django's: its views send from one to the next.
urlpatterns = [
    path("mot-de-passe-oublie/", ask, name="admin_password_reset"),
    path("mot-de-passe-oublie/envoye/", views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "mot-de-passe/<uidb64>/<token>/",
        views.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path("mot-de-passe/fait/", views.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
]
