from crm.exchange.models.line import HeadingChoice, ImportEffect, ImportKey, ImportLine
from crm.exchange.models.run import ImportRun

__all__ = ["HeadingChoice", "ImportEffect", "ImportKey", "ImportLine", "ImportRun"]
