"""Where mail providers tell what became of a mail: only those of settings.MAIL_WEBHOOKS, each behind the secret."""

from anymail.urls import urlpatterns as of_anymail
from django.conf import settings

app_name = "anymail"
urlpatterns = [
    pattern
    for pattern in of_anymail
    if pattern.name in {f"{name}_tracking_webhook" for name in settings.MAIL_WEBHOOKS}
]
