from django.urls import path

from crm.portal import views

app_name = "portal"
urlpatterns = [
    path("reponse/<str:token>/", views.answer, name="answer"),
]
