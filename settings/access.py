"""Signing in: one door for staff and clients, what it lets through, and for how long."""

import environ

env = environ.Env()

# allauth's own backend only: Django's would let a password through that no limit has counted.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:account"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "crm.access.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "crm.access.forms.LoginForm",
    "reset_password_from_key": "crm.access.forms.NewPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 7
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Long enough for a mail that waits behind others.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
# Who guesses is slowed down by address, by account, and on every route; see crm.access.adapter for failed sign-ins.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,10/15m/key",
    "login_failed_anywhere": "100/h/key",
    "request_login_code": "20/m/ip,3/m/key,12/h/key",
    "reset_password": "20/m/ip,3/m/key,12/h/key",
    "reset_password_from_key": "20/m/ip",
    "signup": "10/m/ip,40/h/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "door": "60/m/ip",
    "secret_link": "30/m/ip",
    "client_request": "60/h/user",
    "client_message": "30/m/user,300/h/user",
}
MFA_ADAPTER = "crm.access.adapter.SecondStepAdapter"
MFA_TOTP_TOLERANCE = 1
# Each proxy of ours adds one address to X-Forwarded-For; what stands before is only what a visitor claims.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)

HIJACK_PERMISSION_CHECK = "crm.access.impersonating.may_impersonate"
# The banner comes first for who listens to the page.
HIJACK_INSERT_BEFORE = "<main"

# (seconds without a request, seconds since signing in)
STAFF_SESSION_LIMITS = (2 * 3600, 8 * 3600)
CLIENT_SESSION_LIMITS = (2 * 3600, 12 * 3600)
IMPERSONATION_SECONDS = 30 * 60
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
