"""Which browsers of a person show notifications, and what they are told. Sending has a file of its own."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from crm.accounts.models import User
from crm.devices.endpoints import check_keys, service_of
from crm.devices.keys import public_key
from crm.devices.models import Device, Push

MOST_DEVICES = 10
# A device that was not reached for so many is told enough when it is.
MOST_WAITING = 20


class NotOurPage(ValueError):
    """A notification opens a page of this site and no other."""


@transaction.atomic
def subscribe(user: User, *, endpoint: str, p256dh: str, auth: str, name: str, at: datetime) -> Device:
    """Note a browser that this person allowed; whoever used it before hears nothing there any more.

    Raises UnknownService or BadKeys.
    """
    service_of(endpoint)
    check_keys(p256dh, auth)
    described = {"p256dh": p256dh, "auth": auth, "name": name[:100], "server_key": public_key()}
    fields = {"user": user, "created_at": at, "last_used_at": None, "silent_until": None, **described}
    device, is_new = Device.objects.update_or_create(endpoint=endpoint, defaults=fields)
    if not is_new:
        device.pushes.all().delete()
    too_many = list(Device.objects.filter(user=user).values_list("pk", flat=True)[MOST_DEVICES:])
    Device.objects.filter(pk__in=too_many).delete()
    return device


def forget(device: Device) -> None:
    device.delete()


def notify(user: User, *, title: str, body: str, url: str, key: str, at: datetime | None = None) -> int:
    """Write a notification in the caller's transaction, once for each `key`; returns how many devices will show it.

    It is shown on locked screens and passes through the services of others: it says that there is something to read,
    not what. `url` is a path of this site.
    """
    if not url.startswith("/") or url.startswith(("//", "/\\")):
        raise NotOurPage(url)
    waiting = Count("pushes", filter=Q(pushes__sent_at=None))
    devices = Device.objects.filter(user=user).annotate(waiting=waiting).filter(waiting__lt=MOST_WAITING)
    said = {"title": title[:80], "body": body[:160], "url": url, "key": key}
    moment = {"created_at": at, "not_before": at} if at else {}
    rows = [Push(device=device, **said, **moment) for device in devices]
    Push.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
