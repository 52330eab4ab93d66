from django.urls import path

from crm.devices import views

app_name = "devices"
urlpatterns = [path("notifications.js", views.worker, name="worker")]
