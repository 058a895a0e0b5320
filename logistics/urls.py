from django.urls import path

from logistics.views import day, handover, money, papers, rounds, week

app_name = "logistics"
urlpatterns = [
    path("<slug:network>/week/", week.week, name="week"),
    path("<slug:network>/week/<str:week_on>/", week.cycle, name="cycle"),
    path("days/<int:pk>/", day.day, name="day"),
    path("days/<int:pk>/close/", day.close, name="close"),
    path("days/<int:pk>/postpone/", day.postpone, name="postpone"),
    path("days/<int:pk>/plan/", day.plan, name="plan"),
    path("days/<int:pk>/drive/", day.drive, name="drive"),
    path("days/<int:pk>/settle/", day.settle, name="settle"),
    path("days/<int:pk>/by-hand/", day.by_hand, name="by_hand"),
    path("days/<int:pk>/packing.pdf", day.packing_lists, name="packing_lists"),
    path("days/<int:pk>/papers/", papers.day_papers, name="papers"),
    path("days/<int:pk>/papers/make/", papers.make_papers, name="make_papers"),
    path("days/<int:pk>/settlement/", money.settlement, name="settlement"),
    path("farm/<slug:slug>/money/", money.money, name="money"),
    path("farm/<slug:slug>/money/<int:pk>/", money.money_day, name="money_day"),
    path("rounds/", rounds.my_rounds, name="my_rounds"),
    path("rounds/<int:pk>/", rounds.round, name="round"),
    path("rounds/<int:pk>/driver/", rounds.driver, name="driver"),
    path("rounds/<int:pk>/finish/", rounds.finish, name="finish"),
    path("rounds/<int:pk>/sheet.pdf", rounds.run_sheet, name="run_sheet"),
    path("rounds/<int:pk>/papers/", papers.round_papers, name="round_papers"),
    path("rounds/<int:pk>/<int:position>/", rounds.stop, name="stop"),
    path("rounds/<int:pk>/<int:position>/check/", rounds.check, name="check"),
    path("purchase-orders/<int:pk>/missing/", handover.missing, name="missing"),
    path("deliveries/<int:pk>/", handover.pickup, name="pickup"),
    path("deliveries/<int:pk>/packing.pdf", papers.packing_list, name="packing_list"),
    path("deliveries/<int:pk>/hand-over/", handover.hand_over, name="hand_over"),
    path("papers/<int:pk>.pdf", papers.paper, name="paper"),
    path("c/<str:code>", papers.crate, name="crate"),
]
