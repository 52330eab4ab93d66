from django.contrib import admin
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy

from crm.conversations.models import CannedReply
from crm.core.admin import GuardedAdmin


@admin.register(CannedReply)
class CannedReplyAdmin(GuardedAdmin, admin.ModelAdmin):
    list_display = ["title", "start"]
    search_fields = ["title", "text"]

    @admin.display(description=gettext_lazy("Text"))
    def start(self, reply: CannedReply) -> str:
        return Truncator(reply.text).chars(120)
