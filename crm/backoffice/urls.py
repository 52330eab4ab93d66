from django.urls import path

from crm.backoffice import views

app_name = "backoffice"
urlpatterns = [
    path("photos/<str:name>", views.photo, name="photo"),
    path("logo/<str:name>", views.logo, name="logo"),
    path("accent.css", views.accent, name="accent"),
]
