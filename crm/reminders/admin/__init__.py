from crm.reminders.admin.log import ReminderAdmin
from crm.reminders.admin.pauses import PauseAdmin
from crm.reminders.admin.rules import RuleAdmin, RuleInline
from crm.reminders.admin.runs import RunAdmin

__all__ = ["PauseAdmin", "ReminderAdmin", "RuleAdmin", "RuleInline", "RunAdmin"]
