"""The whole unattended life of the product: dotted path of a job -> when it runs (APScheduler's interval arguments)."""

SCHEDULE = {
    "crm.core.jobs.purge_executions": {"hours": 24},
    "crm.activity.jobs.refresh_statuses": {"minutes": 10},
    "crm.reminders.jobs.send_due_reminders": {"minutes": 10},
    "crm.mailing.jobs.deliver_outbox": {"seconds": 10},
    "crm.exchange.jobs.carry_on_imports": {"minutes": 1},
    "crm.exchange.jobs.forget_old_imports": {"hours": 24},
}
