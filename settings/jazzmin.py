"""The skin of the back office. No rule of the product lives here: removing the skin removes nothing but looks."""

JAZZMIN_SETTINGS = {
    "site_title": "Clientèle",
    "site_header": "Clientèle",
    "site_brand": "Clientèle",
    "use_google_fonts_cdn": False,
    "show_ui_builder": False,
    "changeform_format": "horizontal_tabs",
    "related_modal_active": False,
    # Groups are the roles, which templates/admin/base.html shows under Staff; what libraries add is not for people.
    "hide_apps": ["django_apscheduler", "auth", "core"],
    "hide_models": ["clients.notduplicate"],
    "order_with_respect_to": [
        "clients",
        "clients.client",
        "clients.tag",
        "clients.category",
        "clients.establishment",
        "products",
        "access",
        "exchange",
        "timeline",
        "accounts",
        "organisation",
    ],
    "icons": {
        "clients.client": "fas fa-address-book",
        "clients.tag": "fas fa-tag",
        "clients.category": "fas fa-folder",
        "clients.establishment": "fas fa-store",
        "clients.notduplicate": "fas fa-not-equal",
        "products.plan": "fas fa-box",
        "products.subscription": "fas fa-calendar-check",
        "access.registration": "fas fa-user-clock",
        "access.impersonation": "fas fa-user-secret",
        "exchange.importrun": "fas fa-file-import",
        "timeline.entry": "fas fa-stream",
        "organisation.organisation": "fas fa-sliders-h",
        "accounts.user": "fas fa-user-tie",
    },
    "default_icon_parents": "fas fa-folder",
    "default_icon_children": "far fa-circle",
}
JAZZMIN_UI_TWEAKS = {
    "theme": "default",
    "navbar": "navbar-white navbar-light",
    "sidebar": "sidebar-light-primary",
}
