from django.urls import path

from producers.views import lots, many, prices, products, public, week

app_name = "producers"
urlpatterns = [
    path("farm/<slug:slug>/", week.week, name="desk"),
    path("farm/<slug:slug>/typing/", week.typing, name="typing"),
    path("farm/<slug:slug>/week/<str:week_on>/", week.week, name="week"),
    path("farm/<slug:slug>/week/<str:week_on>/repeat/", week.repeat, name="repeat"),
    path("farm/<slug:slug>/week/<str:week_on>/<int:pk>/", week.announce, name="announce"),
    path("farm/<slug:slug>/week/<str:week_on>/many/", many.many, name="many"),
    path("farm/<slug:slug>/week/<str:week_on>/supply.<str:kind>", many.export, name="export"),
    path("farm/<slug:slug>/changes/<int:pk>/", many.batch, name="batch"),
    path("farm/<slug:slug>/products/", products.product_list, name="products"),
    path("farm/<slug:slug>/products/new/", products.add, name="product_new"),
    path("farm/<slug:slug>/products/<int:pk>/", products.product, name="product"),
    path("farm/<slug:slug>/products/<int:pk>/archive/", products.archive, name="product_archive"),
    path("farm/<slug:slug>/products/<int:pk>/photo/", products.photo, name="product_photo"),
    path("farm/<slug:slug>/products/<int:pk>/price/", prices.price, name="price"),
    path("farm/<slug:slug>/agreements/<int:pk>/end/", prices.end, name="end_agreement"),
    path("farm/<slug:slug>/lots/", lots.lot_list, name="lots"),
    path("farm/<slug:slug>/lots/new/", lots.lot_new, name="lot_new"),
    path("farm/<slug:slug>/lots/<int:pk>/edit/", lots.lot_edit, name="lot_edit"),
    path("farm/supply/<int:pk>/", week.supply, name="supply"),
    path("<slug:network>/farms/", public.farms, name="farms"),
]
