from crm.organisation.models import Organisation


def organisation(request) -> dict:
    return {"organisation": Organisation.objects.current()}
