"""What a farm is asked after the cut-off changes only together with a row that says so, and those rows stay as they are."""

import django.db.models.deletion
import network.clock
from django.conf import settings
from django.db import migrations, models


AS_THE_LAST_CHANGE_SAYS = """
CREATE FUNCTION purchase_order_line_as_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line record;
    said numeric;
BEGIN
    SELECT quantity - missing AS remaining INTO line FROM orders_purchaseorderline WHERE id = NEW.id;
    SELECT after INTO said FROM orders_purchasechange WHERE line_id = NEW.id ORDER BY version DESC LIMIT 1;
    IF line IS NOT NULL AND said IS DISTINCT FROM line.remaining THEN
        RAISE EXCEPTION 'purchase order line % changed without a purchase change', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$
"""

KEPT = ("orders_purchasechange", "orders_purchaseread")


class Migration(migrations.Migration):

    dependencies = [
        ('network', '0002_append_only'),
        ('orders', '0007_pickup_numbers_shortfalls_empties'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='purchaseorderline',
            name='purchase_order_misses_at_most_what_was_asked',
        ),
        migrations.AddConstraint(
            model_name='purchaseorderline',
            constraint=models.CheckConstraint(condition=models.Q(('missing__gte', 0), ('missing__lte', models.F('quantity')), ('quantity__gte', 0)), name='purchase_order_misses_at_most_what_was_asked'),
        ),
        migrations.CreateModel(
            name='PurchaseChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('missing', 'cannot be delivered'), ('found', 'can be delivered after all'), ('more', 'ordered after the cut-off'), ('less', 'taken off after the cut-off'), ('credited', 'not delivered, and credited')], max_length=8)),
                ('difference', models.DecimalField(decimal_places=3, max_digits=12)),
                ('after', models.DecimalField(decimal_places=3, max_digits=12)),
                ('why', models.CharField(blank=True, choices=[('hail', 'hail, frost or drought'), ('sick', 'sick plants or animals'), ('lost', 'the harvest is lost or too small'), ('other', 'something else')], max_length=5)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('rule', models.CharField(blank=True, choices=[('pro_rata', 'everybody in proportion'), ('rotation', 'in turn: who got less longest ago'), ('first_come', 'who ordered last')], max_length=10)),
                ('by_farm', models.BooleanField()),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='orders.purchaseorderline')),
                ('purchase_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='orders.purchaseorder')),
            ],
            options={
                'ordering': ['purchase_order', 'version'],
                'constraints': [models.UniqueConstraint(fields=('purchase_order', 'version'), name='purchase_change_version_once'), models.CheckConstraint(condition=models.Q(models.Q(('difference', 0), _negated=True), ('after__gte', 0), ('version__gte', 2)), name='purchase_change_changes_something')],
            },
        ),
        migrations.CreateModel(
            name='PurchaseRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('printed', 'printed'), ('seen', 'seen')], max_length=8)),
                ('version', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('purchase_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reads', to='orders.purchaseorder')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('purchase_order', 'kind', 'version'), name='purchase_version_read_once')],
            },
        ),
        *[
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                f"DROP TRIGGER append_only ON {table}",
            )
            for table in KEPT
        ],
        migrations.RunSQL(AS_THE_LAST_CHANGE_SAYS, "DROP FUNCTION purchase_order_line_as_changed"),
        migrations.RunSQL(
            "CREATE CONSTRAINT TRIGGER as_changed AFTER UPDATE OF quantity, missing ON orders_purchaseorderline "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            "WHEN (OLD.quantity - OLD.missing IS DISTINCT FROM NEW.quantity - NEW.missing) "
            "EXECUTE FUNCTION purchase_order_line_as_changed()",
            "DROP TRIGGER as_changed ON orders_purchaseorderline",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER frozen BEFORE UPDATE OF purchase_order_id, supply_id, product_id, name, unit, price "
            "ON orders_purchaseorderline FOR EACH ROW "
            "WHEN ((OLD.purchase_order_id, OLD.supply_id, OLD.product_id, OLD.name, OLD.unit, OLD.price) IS DISTINCT FROM "
            "(NEW.purchase_order_id, NEW.supply_id, NEW.product_id, NEW.name, NEW.unit, NEW.price)) "
            "EXECUTE FUNCTION refuse_change()",
            "DROP TRIGGER frozen ON orders_purchaseorderline",
        ),
    ]
