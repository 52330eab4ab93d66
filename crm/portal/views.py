"""The client's own pages. Each begins from the client whose space is open: no address names one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from crm.access.choosing import for_client, openable


@for_client
def account(request: HttpRequest) -> HttpResponse:
    return render(
        request, "portal/account.html", {"client": request.client, "others": len(openable(request)) > 1}
    )
