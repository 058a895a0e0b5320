from django.urls import path

from orders.views import boxes, orders, papers, repeat, shop, subscribing

app_name = "orders"
urlpatterns = [
    path("orders/", orders.order_list, name="mine"),
    path("orders/<int:pk>/", orders.order_detail, name="detail"),
    path("orders/<int:pk>/confirm/", orders.order_confirm, name="confirm"),
    path("orders/<int:pk>/cancel/", orders.order_cancel, name="cancel"),
    path("orders/<int:pk>/subscribe/", subscribing.subscribe_to_list, name="subscribe_to_list"),
    path("orders/subscriptions/", subscribing.subscription_list, name="subscriptions"),
    path("orders/subscriptions/<int:pk>/", subscribing.subscription, name="subscription"),
    path("orders/subscriptions/<int:pk>/list/", subscribing.subscription_lines, name="subscription_lines"),
    path("orders/subscriptions/<int:pk>/stop/", subscribing.subscription_stop, name="subscription_stop"),
    path("orders/subscriptions/<int:pk>/resume/", subscribing.subscription_resume, name="subscription_resume"),
    path("orders/subscriptions/<int:pk>/<str:week_on>/skip/", subscribing.week_skip, name="week_skip"),
    path("orders/subscriptions/<int:pk>/<str:week_on>/give/", subscribing.week_give, name="week_give"),
    path("orders/subscriptions/<int:pk>/<str:week_on>/usual/", subscribing.week_as_usual, name="week_as_usual"),
    path("orders/subscriptions/<int:pk>/<str:week_on>/swap/", subscribing.week_swap, name="week_swap"),
    path("documents/<int:pk>/", papers.document, name="document"),
    path("purchase-orders/<int:pk>/", papers.purchase_order, name="purchase_order"),
    path("farm/<slug:slug>/orders/", papers.purchase_orders, name="purchase_orders"),
    path("farm/<slug:slug>/boxes/", boxes.farm_boxes, name="farm_boxes"),
    path("farm/boxes/<int:size>/<str:week_on>/", boxes.compose, name="compose"),
    path("<slug:network>/boxes/", subscribing.box_list, name="boxes"),
    path("<slug:network>/boxes/<int:pk>/", subscribing.box, name="box"),
    path("<slug:network>/subscriptions/", boxes.report, name="subscription_report"),
    path("<slug:network>/causes/<int:pk>/archive/", boxes.cause_archive, name="cause_archive"),
    path("<slug:network>/shop/again/", repeat.again, name="again"),
    path("<slug:network>/shop/favourites/", repeat.favourite_list, name="favourites"),
    path("<slug:network>/shop/favourite/", repeat.favourite, name="favourite"),
    path("<slug:network>/shop/", shop.shop, name="shop"),
    path("<slug:network>/shop/buyer/", shop.buyer, name="buyer"),
    path("<slug:network>/shop/deliveries/", shop.deliveries, name="deliveries"),
    path("<slug:network>/shop/<int:delivery>/fill/", shop.fill, name="fill"),
]
