from django.urls import path

from orders.views import account, orders, papers, shop, withdrawals

app_name = "orders"
urlpatterns = [
    path("orders/", orders.order_list, name="mine"),
    path("orders/<int:pk>/", orders.order_detail, name="detail"),
    path("orders/<int:pk>/confirm/", orders.order_confirm, name="confirm"),
    path("orders/<int:pk>/cancel/", orders.order_cancel, name="cancel"),
    path("orders/withdrawals/", withdrawals.withdrawal_list, name="withdrawals"),
    path("orders/<int:pk>/withdraw/", withdrawals.withdraw, name="withdraw"),
    path("me/organisations/<int:pk>/documents/", account.documents, name="documents"),
    path("documents/<int:pk>/", papers.document, name="document"),
    path("purchase-orders/<int:pk>/", papers.purchase_order, name="purchase_order"),
    path("farm/<slug:slug>/orders/", papers.purchase_orders, name="purchase_orders"),
    path("<slug:network>/returns/", withdrawals.returns, name="returns"),
    path("<slug:network>/returns/<int:pk>/", withdrawals.receive, name="receive"),
    path("<slug:network>/shop/", shop.shop, name="shop"),
    path("<slug:network>/shop/buyer/", shop.buyer, name="buyer"),
    path("<slug:network>/shop/deliveries/", shop.deliveries, name="deliveries"),
    path("<slug:network>/shop/<int:delivery>/fill/", shop.fill, name="fill"),
]
