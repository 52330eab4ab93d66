"""The desk of reminders, with the letters that a higher room prints."""

from django.contrib import admin

from crm.exchange.letter_pages import LettersAdmin, print_selection
from crm.reminders.admin import ReminderAdmin
from crm.reminders.models import Reminder


@admin.register(Reminder)
class ReminderDesk(LettersAdmin, ReminderAdmin):
    actions = [print_selection]
