"""The door's own pages, besides those of allauth: which client, a registration, the end of an immediate access."""

from allauth.core.internal.ratelimit import decorator as rate_limit
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from crm.access.choosing import choose as choose_client
from crm.access.choosing import current_client, openable
from crm.access.devices import device
from crm.access.forms import RegistrationForm
from crm.access.mails import REGISTRATION_SALT
from crm.access.models import Registration
from crm.access.registering import confirm, register
from crm.access.takeover import give_back
from crm.core.rows import is_key
from crm.organisation.models import Organisation

CONFIRMATION_SECONDS = settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS * 24 * 3600


@login_required
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Which client's space to open, for who may open several. The address names none."""
    clients = openable(request)
    if request.method == "POST":
        asked = request.POST.get("client", "")
        client = next((one for one in clients if is_key(asked) and one.pk == int(asked)), None)
        if client is None:
            raise PermissionDenied
        choose_client(request, client)
        return redirect("portal:account")
    return render(request, "access/choose.html", {"clients": clients, "chosen": current_client(request)})


@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """The end of an immediate access."""
    if not request.session.get("hijack_history"):
        raise PermissionDenied
    return give_back(request)


@rate_limit(app="allauth.account", action="signup")
def register_view(request: HttpRequest) -> HttpResponse:
    """Asking for an account. The answer is the same whether one exists at that address or not."""
    if request.user.is_authenticated:
        return redirect("account_login")
    if not Organisation.objects.current().is_registration_open:
        return render(request, "account/signup_closed.html", status=404)
    form = RegistrationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not form.is_trapped:
            register(_with_origin(form.save(commit=False), request), at=timezone.now())
        return redirect("access:registered")
    return render(request, "access/register.html", {"form": form})


def _with_origin(registration: Registration, request: HttpRequest) -> Registration:
    """The campaign is in the address of the form, which posts to itself; the device says its name."""
    for name in Registration.UTM:
        setattr(registration, name, request.GET.get(name, "")[:120])
    registration.device = device(request.headers.get("user-agent", ""))[:200]
    registration.language = (get_language() or "fr")[:2]
    return registration


def registered(request: HttpRequest) -> HttpResponse:
    return render(request, "access/registered.html")


@rate_limit(app="allauth.account", action="secret_link", limit_get=True)
@require_http_methods(["GET", "POST"])
def confirm_registration(request: HttpRequest, key: str) -> HttpResponse:
    """A page that asks, as programs that read mails follow links; only its button confirms."""
    try:
        pk = signing.loads(key, salt=REGISTRATION_SALT, max_age=CONFIRMATION_SECONDS)
    except signing.BadSignature as error:
        raise Http404 from error
    registration = Registration.objects.filter(pk=pk).first()
    if registration is None:
        raise Http404
    if request.method == "POST":
        registration = confirm(registration, at=timezone.now())
    return render(request, "access/registration_confirmed.html", {"registration": registration})
