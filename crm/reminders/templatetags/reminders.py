from django import template

from crm.reminders import wording

register = template.Library()
register.filter("badge", wording.badge)
register.filter("fate", wording.fate)
