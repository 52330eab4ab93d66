"""What a browser gives of itself comes from outside: a person who toys with it leads us nowhere (J9, 1.3.6)."""

import pytest

from crm.devices.endpoints import BadKeys, UnknownService, check_keys, service_of
from tests.devices.service import Subscription, text_of

KNOWN = {
    "https://fcm.googleapis.com/fcm/send/dX1:APA91b": "fcm.googleapis.com",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAA": "updates.push.services.mozilla.com",
    "https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%3d%3d": "wns2-par02p.notify.windows.com",
    "https://a.b.notify.windows.com/w/": "a.b.notify.windows.com",
    "https://web.push.apple.com/QKc-_1": "web.push.apple.com",
}
HOSTILE = [
    "",
    "fcm.googleapis.com/x",
    "http://fcm.googleapis.com/x",
    "ftp://fcm.googleapis.com/x",
    "file:///etc/passwd",
    "javascript:alert(1)//fcm.googleapis.com/",
    "//fcm.googleapis.com/x",
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://[::1]/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/x",
    "https://0x7f.1/x",
    "https://evil.example/fcm.googleapis.com/",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evilfcm.googleapis.com/x",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com:443/x",
    "https://fcm.googleapis.com:/x",
    "https://fcm.googleapis.com./x",
    "https://fcm.googleapis.com@evil.example/x",
    "https://user:pass@fcm.googleapis.com/x",
    "https://evil.example#@fcm.googleapis.com/x",
    "https://evil.example?@fcm.googleapis.com/x",
    "https://evil.example\\@fcm.googleapis.com/x",
    "https://fcm.googleapis.com\\.evil.example/x",
    "https://fcm.googleapis.com/\\evil.example",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com?x",
    "https:/fcm.googleapis.com/x",
    "https:///fcm.googleapis.com/x",
    " https://fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x\n",
    "https://fcm.googleapis.com/x\r\nHost: evil.example",
    "https://fcm.googleapis.com/\u202ex",
    "https://fcm.googleapis.com\u3002evil.example/x",
    "https://\uff46cm.googleapis.com/x",
    "https://notify.windows.com/x",
    "https://.notify.windows.com/x",
    "https://a..notify.windows.com/x",
    "https://evil.example:1.notify.windows.com/x",
    "https://push.services.mozilla.com.evil.example/x",
    "https://fcm.googleapis.com/" + "x" * 1000,
]


@pytest.mark.parametrize(("endpoint", "name"), KNOWN.items())
def test_the_services_of_the_usual_browsers_are_known(endpoint, name):
    assert service_of(endpoint) == name


@pytest.mark.parametrize("endpoint", HOSTILE)
def test_any_other_address_is_refused(endpoint):
    with pytest.raises(UnknownService):
        service_of(endpoint)


def test_the_list_is_closed_by_the_settings(settings):
    settings.PUSH_SERVICES = ["push.example.org"]
    assert service_of("https://push.example.org/x") == "push.example.org"
    with pytest.raises(UnknownService):
        service_of("https://fcm.googleapis.com/x")


POINT, SECRET = Subscription().keys.values()


def test_the_keys_of_a_browser_are_taken():
    check_keys(POINT, SECRET)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", SECRET),
        (POINT, ""),
        ("é" * 87, SECRET),
        (POINT[:-2], SECRET),
        (text_of(b"\x04" + b"\x01" * 64), SECRET),
        (text_of(b"\x00" * 65), SECRET),
        (POINT, text_of(b"x" * 15)),
        (POINT, "!!!!"),
    ],
    ids=["no point", "no secret", "accents", "cut", "off the curve", "zeros", "short secret", "not base64"],
)
def test_keys_that_no_browser_makes_are_refused(p256dh, auth):
    with pytest.raises(BadKeys):
        check_keys(p256dh, auth)
