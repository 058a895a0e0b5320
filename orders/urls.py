from django.urls import path

from orders.views import cutting, orders, papers, shop

app_name = "orders"
urlpatterns = [
    path("orders/", orders.order_list, name="mine"),
    path("orders/<int:pk>/", orders.order_detail, name="detail"),
    path("orders/<int:pk>/confirm/", orders.order_confirm, name="confirm"),
    path("orders/<int:pk>/cancel/", orders.order_cancel, name="cancel"),
    path("documents/<int:pk>/", papers.document, name="document"),
    path("purchase-orders/<int:pk>/", papers.purchase_order, name="purchase_order"),
    path("farm/supply/<int:pk>/less/", cutting.cut, name="cut"),
    path("farm/<slug:slug>/orders/", papers.purchase_orders, name="purchase_orders"),
    path("<slug:network>/shop/", shop.shop, name="shop"),
    path("<slug:network>/shop/buyer/", shop.buyer, name="buyer"),
    path("<slug:network>/shop/deliveries/", shop.deliveries, name="deliveries"),
    path("<slug:network>/shop/<int:delivery>/fill/", shop.fill, name="fill"),
]
