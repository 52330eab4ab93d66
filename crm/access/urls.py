"""The doors: allauth's views under French addresses, by the names it looks for. Each is limited in its guesses."""

from allauth.account import views as account
from allauth.core.internal.ratelimit import decorator as rate_limit
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.usersessions import views as usersessions
from django.urls import include, path, re_path

from crm.access import views

door = rate_limit(app="allauth.account", action="door")
secret_link = rate_limit(app="allauth.account", action="secret_link", limit_get=True)

CODES = "double-authentification/codes-de-secours/"
doors = [
    path("connexion/", door(account.login), name="account_login"),
    path("connexion/code/", door(account.request_login_code), name="account_request_login_code"),
    path("connexion/code/saisie/", door(account.confirm_login_code), name="account_confirm_login_code"),
    path("connexion/second-facteur/", door(mfa.authenticate), name="mfa_authenticate"),
    path("deconnexion/", account.logout, name="account_logout"),
    path("acces-ferme/", account.account_inactive, name="account_inactive"),
    path("inscription/", views.register_view, name="account_signup"),
    path("verification/", door(account.reauthenticate), name="account_reauthenticate"),
    path("verification/second-facteur/", door(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("adresse/", door(account.email), name="account_email"),
    path("adresse/a-confirmer/", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(
        r"^adresse/confirmation/(?P<key>[-:\w]+)/$",
        secret_link(account.confirm_email),
        name="account_confirm_email",
    ),
    path("mot-de-passe/", door(account.password_change), name="account_change_password"),
    path("mot-de-passe/choisir/", door(account.password_set), name="account_set_password"),
    path("mot-de-passe/oublie/", door(account.password_reset), name="account_reset_password"),
    path("mot-de-passe/oublie/envoye/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "mot-de-passe/change/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        secret_link(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("double-authentification/", mfa.index, name="mfa_index"),
    path("double-authentification/activer/", door(totp.activate_totp), name="mfa_activate_totp"),
    path("double-authentification/desactiver/", door(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(CODES, recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(f"{CODES}nouveaux/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path(f"{CODES}fichier/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("appareils/", usersessions.list_usersessions, name="usersessions_list"),
]
own = [
    path("choix/", views.choose, name="choose"),
    path("inscription/envoyee/", views.registered, name="registered"),
    path("inscription/confirmation/<path:key>/", views.confirm_registration, name="confirm_registration"),
]
release = [path("acces-immediat/fin/", views.release, name="release")]

urlpatterns = [
    *doors,
    path("", include((own, "access"))),
    path("", include((release, "hijack"))),
]
# Pages about one's own sign-in: the only ones that staff and clients have in common.
DOORS = {pattern.name for pattern in doors} | {"access:registered", "access:confirm_registration"}
