from datetime import datetime

from django import forms
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.devices.endpoints import LONGEST, BadKeys, UnknownService, check_keys, service_of
from crm.devices.models import Device
from crm.devices.services import subscribe


class DeviceForm(forms.Form):
    """What the page's script posts of the browser's subscription. Nobody fills it in."""

    endpoint = forms.CharField(max_length=LONGEST)
    p256dh = forms.CharField(max_length=100)
    auth = forms.CharField(max_length=40)

    def clean(self):
        data = super().clean()
        if not self.errors:
            try:
                service_of(data["endpoint"])
                check_keys(data["p256dh"], data["auth"])
            except (UnknownService, BadKeys) as error:
                raise forms.ValidationError(
                    _("This browser uses a service that is not known here.")
                ) from error
        return data

    def save(self, user: User, *, name: str, at: datetime) -> Device:
        return subscribe(user, **self.cleaned_data, name=name, at=at)
