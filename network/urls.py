"""The root: pages of the common ground here, each app's pages by name."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.static import serve

from network.views import books, front, households, operation, people, privacy

pages = [
    path("", front.home, name="home"),
    path("styleguide/", front.styleguide, name="styleguide"),
    path("health", operation.health, name="health"),
    path("mail/", operation.mails, name="mails"),
    path("mail/<str:name>/", operation.mail, name="mail"),
    path("me/", people.me, name="me"),
    path("me/profile/", people.profile, name="profile"),
    path("me/mails/", people.mail_choices, name="mail_choices"),
    path("me/unsubscribe/<str:link>/", people.unsubscribe, name="unsubscribe"),
    path("me/organisations/<int:pk>/", households.organisation, name="organisation"),
    path("me/organisations/<int:pk>/address/", households.address, name="address"),
    path("me/organisations/<int:pk>/leave/", households.depart, name="depart"),
    path("me/organisations/<int:pk>/people/<int:person>/", households.member, name="member"),
    path("me/invitations/<int:pk>/withdraw/", households.withdraw_invitation, name="withdraw_invitation"),
    path("me/invitation/<str:link>/", households.invitation, name="invitation"),
    path("me/data/", privacy.data, name="data"),
    path("me/data/<int:pk>/", privacy.export, name="export"),
    path("me/leave/", privacy.leave, name="leave"),
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
