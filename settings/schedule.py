"""The whole unattended life of the product: dotted path of a job -> when it runs (APScheduler's interval arguments).

`crm.core.schedule.titled`, on the function, gives it the name that the screens show.
"""

SCHEDULE = {
    "crm.core.jobs.purge_executions": {"hours": 24},
    "crm.access.jobs.tidy_up": {"hours": 24},
    "crm.activity.jobs.refresh_statuses": {"minutes": 10},
    "crm.reminders.jobs.send_due_reminders": {"minutes": 10},
    "crm.mailing.jobs.deliver_outbox": {"seconds": 10},
    "crm.devices.jobs.send_notifications": {"seconds": 10},
    "crm.change_requests.jobs.send_digest": {"minutes": 30},
    "crm.conversations.jobs.tell_unread": {"minutes": 1},
    "crm.exchange.jobs.carry_on_imports": {"minutes": 1},
    "crm.exchange.jobs.forget_old_imports": {"hours": 24},
}

# What else staff must be told on every page, and the health page by a 503: dotted path of a function of the present
# instant -> its complaints, in sentences that say what to do. Each is known by the name of its function.
HEALTH_COMPLAINTS = [
    "crm.core.health.scheduler",
    "crm.core.health.clock",
    "crm.core.health.late_jobs",
    "crm.reminders.health.reminders",
]
