"""The root: pages of the common ground here, each app's pages by name."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.static import serve

from network.views import books, front, operation, people

pages = [
    path("", front.home, name="home"),
    path("styleguide/", front.styleguide, name="styleguide"),
    path("health", operation.health, name="health"),
    path("mail/", operation.mails, name="mails"),
    path("mail/<str:name>/", operation.mail, name="mail"),
    path("me/", people.me, name="me"),
    path("language/", people.language, name="language"),
    path("<slug:network>/books/", books.books, name="books"),
    path("<slug:network>/books/<int:pk>/", books.account, name="account"),
    path("<slug:network>/books/<str:kind>/", books.accounts, name="accounts"),
    path("<slug:network>/books/transactions/<int:pk>/", books.transaction, name="transaction"),
    path("<slug:network>/journal/", books.journal, name="journal"),
    path("<slug:network>/", front.front, name="front"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("producers.urls")),
    path("", include("orders.urls")),
    path("", include("logistics.urls")),
    path("", include((pages, "network"))),
]
if settings.LOCAL:
    urlpatterns.insert(0, path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}))
