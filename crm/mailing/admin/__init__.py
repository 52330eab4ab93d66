from crm.mailing.admin.address import MailAddressAdmin
from crm.mailing.admin.mail import MailAdmin
from crm.mailing.admin.template import TemplateAdmin

__all__ = ["MailAddressAdmin", "MailAdmin", "TemplateAdmin"]
