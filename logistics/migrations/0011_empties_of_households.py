"""What households brought back is kept with their orders, per value of the deposit."""

from django.db import migrations, models


def to_orders(apps, schema_editor):
    """Only the sum was known: one return of that value, beside the crates."""
    EmptiesReturn = apps.get_model("orders", "EmptiesReturn")
    Empties = apps.get_model("logistics", "Empties")
    kept = {}
    for row in Empties.objects.filter(stop=None).select_related("order").order_by("at"):
        for value, count in ((row.deposit, 1 if row.deposit else 0), (0, row.crates)):
            if count:
                kept[row.order_id, value] = EmptiesReturn(
                    order=row.order, buyer_id=row.order.buyer_id, value=value, count=count, at=row.at, by_id=row.by_id
                )
    EmptiesReturn.objects.bulk_create(kept.values())
    Empties.objects.filter(stop=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("logistics", "0010_whatif_claimed"),
        ("orders", "0007_pickup_numbers_shortfalls_empties"),
    ]

    operations = [
        migrations.RunPython(to_orders, migrations.RunPython.noop, elidable=True),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveConstraint("empties", "empties_come_from_a_stop_or_a_household"),
        migrations.RemoveConstraint("empties", "empties_deposit_not_negative"),
        migrations.RemoveField("empties", "order"),
        migrations.RemoveField("empties", "deposit"),
        migrations.AlterField(
            "empties",
            "stop",
            models.ForeignKey(on_delete=models.deletion.PROTECT, related_name="empties", to="logistics.stop"),
        ),
    ]
