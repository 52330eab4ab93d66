from crm.timeline.models.action import Action, ActionFile, ActionKind
from crm.timeline.models.attachment import Attachment, AttachmentQuerySet
from crm.timeline.models.entry import Entry, EntryQuerySet

__all__ = ["Action", "ActionFile", "ActionKind", "Attachment", "AttachmentQuerySet", "Entry", "EntryQuerySet"]
