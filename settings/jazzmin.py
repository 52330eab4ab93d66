"""The skin of the back office. No rule of the product lives here: removing the skin removes nothing but looks."""

from django.utils.translation import gettext_lazy as _

JAZZMIN_SETTINGS = {
    "site_title": "Clientèle",
    "site_header": "Clientèle",
    "site_brand": "Clientèle",
    "welcome_sign": _("Sign in to the back office"),
    "copyright": "Clientèle",
    "use_google_fonts_cdn": False,
    "show_ui_builder": False,
    "custom_css": "backoffice/admin.css",
    "changeform_format": "horizontal_tabs",
    "related_modal_active": False,
    "hide_apps": ["django_apscheduler"],
    "hide_models": [],
    "order_with_respect_to": [
        "clients",
        "products",
        "exchange",
        "timeline",
        "organisation",
        "accounts",
        "auth",
    ],
    "icons": {},
    "default_icon_parents": "fas fa-folder",
    "default_icon_children": "far fa-circle",
    "custom_links": {},
}
JAZZMIN_UI_TWEAKS = {
    "theme": "default",
    "navbar": "navbar-white navbar-light",
    "sidebar": "sidebar-light-primary",
}
