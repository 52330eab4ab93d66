from crm.reminders.models.pause import Pause
from crm.reminders.models.reminder import Reminder
from crm.reminders.models.rule import Rule
from crm.reminders.models.run import Run

__all__ = ["Pause", "Reminder", "Rule", "Run"]
