from django.contrib import admin
from django.urls import path

import bench.stock.admin

bench.stock.admin.register()
urlpatterns = [path("admin/", admin.site.urls)]
