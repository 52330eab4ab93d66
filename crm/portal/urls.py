from django.urls import path

from crm.change_requests.models import ServiceRequest
from crm.portal import conversation, notifications, space, views

Kind = ServiceRequest.Kind

app_name = "portal"
urlpatterns = [
    path("", space.account, name="account"),
    path("fiche/", space.sheet, name="sheet"),
    path("historique/", space.history, name="history"),
    path("modifier/", space.change, name="change"),
    path("modifier/retirer/", space.withdraw_change, name="withdraw_change"),
    path("demandes/", space.requests, name="requests"),
    path("demandes/<int:pk>/retirer/", space.withdraw_service, name="withdraw_service"),
    path("formules/<int:pk>/renouveler/", space.ask, {"kind": Kind.RENEW}, name="renew"),
    path("formules/<int:pk>/arreter/", space.ask, {"kind": Kind.STOP}, name="stop"),
    path("formules/<int:pk>/rappel/", space.ask, {"kind": Kind.CALL_BACK}, name="call_back"),
    path("formules/<int:pk>/modifier/", space.change_service, name="change_service"),
    path("messages/", conversation.conversation, name="messages"),
    path("messages/depuis/<int:revision>/", conversation.since, name="messages_since"),
    path("messages/preferences/", conversation.preferences, name="message_preferences"),
    path("messages/demandes/", conversation.support_requests, name="support_requests"),
    path("messages/demandes/<int:pk>/", conversation.conversation, name="support"),
    path("messages/demandes/<int:pk>/depuis/<int:revision>/", conversation.since, name="support_since"),
    path("messages/fichiers/<str:name>", conversation.message_file, name="message_file"),
    path("messages/<int:pk>/corriger/", conversation.change_message, name="change_message"),
    path("messages/<int:pk>/supprimer/", conversation.delete_message, name="delete_message"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/autoriser/", notifications.allow_device, name="allow_device"),
    path("notifications/<int:pk>/retirer/", notifications.remove_device, name="remove_device"),
    path("reponse/<str:token>/", views.answer, name="answer"),
]
