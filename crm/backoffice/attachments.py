"""The private files of the rooms: which may be sent, to whom, and which leave with a client."""

from collections.abc import Collection

from crm.accounts.models import User
from crm.activity.models import InterventionFile
from crm.conversations.models import MessageFile
from crm.timeline.models import ActionFile, Attachment
from crm.timeline.services import forget_files

# By folder: the model of its files, and the permission to read what they are attached to.
READERS: dict[str, tuple[type[Attachment], str]] = {
    ActionFile.FOLDER: (ActionFile, "timeline.view_action"),
    MessageFile.FOLDER: (MessageFile, "conversations.view_thread"),
    InterventionFile.FOLDER: (InterventionFile, "activity.view_intervention"),
}


def attachment_for(user: User, folder: str, name: str) -> Attachment | None:
    """The file of that address, when it is one and this person may read it."""
    if folder not in READERS or not user.is_staff or not user.has_perm("clients.view_client"):
        return None
    model, permission = READERS[folder]
    if not user.has_perm(permission):
        return None
    return model.objects.visible_to(user).filter(file=f"{folder}/{name}").first()


def forget_files_of(clients: Collection[int]) -> None:
    """Called before these clients are deleted: their files leave the disk once they are."""
    for model, _permission in READERS.values():
        forget_files(model.objects.filter(**{f"{model.OWNER}__client__in": clients}))
