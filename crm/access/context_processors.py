from django.http import HttpRequest


def face(request: HttpRequest) -> dict[str, str]:
    """Which of the two faces a page that both may see, such as a refusal, is dressed in."""
    return {"face": "portal/base.html" if request.path.startswith("/espace/") else "registration/base.html"}
