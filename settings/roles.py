"""The roles shipped as groups: English name (crm.accounts.roles has them translated) -> patterns of permissions.

A pattern is `app.codename` where either side may hold a `*`. A role receives a permission when that permission is
first created, never again: what an administrator takes away from a group stays away.
"""

ROLES = {
    "Administrator": ["*.*"],
    "Manager": [
        "clients.view_*",
        "clients.add_client",
        "clients.change_client",
        "clients.*_address",
        "clients.export_client",
        "products.view_*",
        "products.add_subscription",
        "products.change_subscription",
        "products.export_subscription",
        "timeline.view_*",
        "timeline.*_action",
        "activity.view_*",
        "activity.*_intervention",
        "activity.*_statuslock",
        "change_requests.*",
        "conversations.*_thread",
        "conversations.view_cannedreply",
        "reminders.view_reminder",
        "reminders.change_reminder",
        "reminders.*_pause",
        "mailing.*_mail",
        "access.view_*",
        "access.change_access",
        "access.send_credentials",
    ],
    "Read-only": [
        "clients.view_*",
        "clients.see_every_client",
        "products.view_*",
        "timeline.view_*",
        "activity.view_*",
        "change_requests.view_*",
        "conversations.view_thread",
        "reminders.view_*",
        "mailing.view_mail",
        "access.view_access",
    ],
}
