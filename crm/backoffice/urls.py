from django.urls import path

from crm.backoffice import views

app_name = "backoffice"
urlpatterns = [
    path("photos/<str:name>", views.photo, name="photo"),
    path("messages/<str:name>", views.attachment, {"folder": "messages"}, name="message_file"),
    path("logo/<str:name>", views.logo, name="logo"),
    path("actions/<str:name>", views.attachment, {"folder": "actions"}, name="action_file"),
    path("interventions/<str:name>", views.attachment, {"folder": "interventions"}, name="intervention_file"),
    path("accent.css", views.accent, name="accent"),
]
