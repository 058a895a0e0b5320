from django.urls import path

from producers import views

app_name = "producers"
urlpatterns = [
    path("farm/<slug:slug>/", views.week, name="desk"),
    path("farm/<slug:slug>/week/<str:week_on>/", views.week, name="week"),
    path("farm/<slug:slug>/week/<str:week_on>/repeat/", views.repeat, name="repeat"),
    path("farm/<slug:slug>/week/<str:week_on>/<int:pk>/", views.announce, name="announce"),
    path("farm/supply/<int:pk>/", views.supply, name="supply"),
    path("<slug:network>/farms/", views.farms, name="farms"),
]
