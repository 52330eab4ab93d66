from crm.mailing.models.address import MailAddress
from crm.mailing.models.mail import Mail
from crm.mailing.models.template import Template, TemplateText

__all__ = ["Mail", "MailAddress", "Template", "TemplateText"]
