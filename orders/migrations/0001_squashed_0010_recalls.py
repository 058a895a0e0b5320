"""What a new database gets in one go; one that is older takes the steps it still misses."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import django.db.models.lookups
import network.clock
import network.texts
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


SQL = ('0002_documents_immutable', '0009_purchase_order_versions', '0010_recalls')


class Migration(migrations.Migration):

    replaces = [('orders', '0001_initial'), ('orders', '0002_documents_immutable'), ('orders', '0003_lapsed_line'), ('orders', '0005_subscriptions'), ('orders', '0006_withdrawals'), ('orders', '0007_pickup_numbers_shortfalls_empties'), ('orders', '0009_purchase_order_versions'), ('orders', '0010_recalls')]

    initial = True

    dependencies = [
        ('producers', '0001_squashed_0009_lots'),
    ]

    operations = [
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('basket', 'basket'), ('confirmed', 'confirmed'), ('closed', 'closed'), ('settled', 'settled'), ('cancelled', 'cancelled')], default='basket', max_length=10)),
                ('created_at', models.DateTimeField(default=network.clock.now)),
                ('hold_expires_at', models.DateTimeField(blank=True, null=True)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=0, help_text='grows with every change of its lines')),
                ('age_declared', models.BooleanField(default=False)),
                ('reference', models.CharField(blank=True, max_length=60, verbose_name='your reference')),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='network.organisation')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='network.delivery')),
                ('placed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('code', models.CharField(blank=True, help_text='in the QR code of its buyer', max_length=12, null=True, unique=True)),
                ('number', models.PositiveSmallIntegerField(blank=True, help_text='said aloud where it is collected; given when it is confirmed', null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('hold_expires_at__isnull', False)), fields=['hold_expires_at'], name='order_holds'), models.Index(fields=['delivery', 'status'], name='orders_of_a_delivery')],
                'constraints': [models.UniqueConstraint(fields=('buyer', 'delivery'), name='one_order_per_buyer_and_delivery'), models.CheckConstraint(condition=models.Q(('status__in', ['basket', 'cancelled']), ('confirmed_at__isnull', False), _connector='OR'), name='confirmed_order_says_when'), models.UniqueConstraint(fields=('delivery', 'number'), name='order_number_once_per_delivery')],
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', network.texts.Texts(blank=True, default=dict)),
                ('unit', models.CharField(choices=[('kg', 'kg'), ('litre', 'litre'), ('piece', 'piece'), ('bunch', 'bunch'), ('bag', 'bag'), ('box', 'box'), ('bottle', 'bottle'), ('jar', 'jar'), ('pack', 'pack'), ('pot', 'pot'), ('bouquet', 'bouquet')], max_length=8)),
                ('step', models.DecimalField(decimal_places=3, max_digits=6)),
                ('sold_by_weight', models.BooleanField()),
                ('storage_class', models.CharField(choices=[('ambient', 'ambient'), ('cool', 'cool'), ('cold', 'cold'), ('frozen', 'frozen')], max_length=8)),
                ('crate_share', models.DecimalField(decimal_places=6, help_text='crate equivalents per unit', max_digits=9)),
                ('unit_kg', models.DecimalField(decimal_places=3, max_digits=9)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('confirmed', models.DecimalField(decimal_places=3, default=0, max_digits=12)),
                ('packed', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True)),
                ('billed', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True)),
                ('price', models.DecimalField(decimal_places=4, max_digits=10)),
                ('tariff', models.DecimalField(decimal_places=4, max_digits=10)),
                ('contribution', models.DecimalField(decimal_places=4, max_digits=10)),
                ('net', models.DecimalField(decimal_places=4, max_digits=10)),
                ('vat_rate', models.DecimalField(decimal_places=2, max_digits=4)),
                ('gross', models.DecimalField(decimal_places=2, max_digits=10)),
                ('deposit', models.DecimalField(decimal_places=2, default=0, max_digits=6)),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='producers.offer')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.order')),
                ('producer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='producers.producer')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='producers.product')),
                ('supply', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='producers.supply')),
                ('returned', models.DecimalField(db_default=0, decimal_places=3, default=0, max_digits=12)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('order', 'offer'), name='one_line_per_order_and_offer'), models.CheckConstraint(condition=models.Q(('confirmed__gte', 0), ('quantity__gte', 0), models.Q(('quantity__gt', 0), ('confirmed__gt', 0), _connector='OR')), name='order_line_asks_for_something'), models.CheckConstraint(condition=models.Q(django.db.models.lookups.Exact(django.db.models.functions.math.Mod(models.F('quantity'), models.F('step')), Decimal('0')), django.db.models.lookups.Exact(django.db.models.functions.math.Mod(models.F('confirmed'), models.F('step')), Decimal('0'))), name='order_line_in_whole_steps'), models.CheckConstraint(condition=models.Q(models.Q(('packed', None), ('packed__gte', 0), _connector='OR'), models.Q(('billed', None), ('billed__gte', 0), _connector='OR')), name='order_line_delivers_no_less_than_nothing'), models.CheckConstraint(condition=models.Q(('returned', 0), models.Q(('returned__gt', 0), ('returned__lte', models.F('billed'))), _connector='OR'), name='order_line_returned_within_billed')],
            },
        ),
        migrations.CreateModel(
            name='PurchaseOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('below_minimum', models.BooleanField(default=False)),
                ('total', models.DecimalField(decimal_places=2, max_digits=12)),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_orders', to='network.deliveryday')),
                ('producer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_orders', to='producers.producer')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('delivery_day', 'producer'), name='one_purchase_order_per_day_and_producer')],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoice', 'invoice'), ('receipt', 'receipt'), ('credit_note', 'credit note'), ('purchase_slip', 'purchase slip'), ('self_bill', 'self-billed invoice'), ('service_invoice', 'invoice for services')], max_length=16)),
                ('year', models.PositiveSmallIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('issued_on', models.DateField()),
                ('net', models.DecimalField(decimal_places=2, max_digits=12)),
                ('vat', models.DecimalField(decimal_places=2, max_digits=12)),
                ('gross', models.DecimalField(decimal_places=2, max_digits=12)),
                ('deposit', models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ('lines', models.JSONField(default=list)),
                ('totals', models.JSONField(default=list)),
                ('communication', models.CharField(blank=True, max_length=20)),
                ('issuer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='issued_documents', to='network.organisation')),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='network.network')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='received_documents', to='network.organisation')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='orders.order')),
                ('purchase_order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='orders.purchaseorder')),
                ('empties', models.JSONField(default=list)),
            ],
            options={
                'ordering': ['-issued_on', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('issuer', 'kind', 'year', 'number'), name='document_number_once'), models.CheckConstraint(condition=django.db.models.lookups.Exact(models.F('gross'), django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat'))), name='document_net_and_vat_are_gross')],
            },
        ),
        migrations.CreateModel(
            name='PurchaseOrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', network.texts.Texts(blank=True, default=dict)),
                ('unit', models.CharField(choices=[('kg', 'kg'), ('litre', 'litre'), ('piece', 'piece'), ('bunch', 'bunch'), ('bag', 'bag'), ('box', 'box'), ('bottle', 'bottle'), ('jar', 'jar'), ('pack', 'pack'), ('pot', 'pot'), ('bouquet', 'bouquet')], max_length=8)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('missing', models.DecimalField(decimal_places=3, default=0, max_digits=12)),
                ('price', models.DecimalField(decimal_places=4, max_digits=10)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='producers.product')),
                ('purchase_order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.purchaseorder')),
                ('supply', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_order_lines', to='producers.supply')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('purchase_order', 'supply', 'price'), name='purchase_order_line_once'), models.CheckConstraint(condition=models.Q(('missing__gte', 0), ('missing__lte', models.F('quantity')), ('quantity__gte', 0)), name='purchase_order_misses_at_most_what_was_asked')],
            },
        ),
        migrations.CreateModel(
            name='DocumentSequence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoice', 'invoice'), ('receipt', 'receipt'), ('credit_note', 'credit note'), ('purchase_slip', 'purchase slip'), ('self_bill', 'self-billed invoice'), ('service_invoice', 'invoice for services')], max_length=16)),
                ('year', models.PositiveSmallIntegerField()),
                ('last', models.PositiveIntegerField(default=0)),
                ('issuer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('issuer', 'kind', 'year'), name='one_sequence_per_issuer_kind_and_year')],
            },
        ),
        migrations.CreateModel(
            name='LapsedLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('lapsed_at', models.DateTimeField()),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='producers.offer')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lapsed', to='orders.order')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('order', 'offer'), name='one_lapsed_line_per_order_and_offer'), models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='lapsed_line_asks_for_no_less_than_nothing')],
            },
        ),
        migrations.CreateModel(
            name='Cause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='causes', to='network.network')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.organisation')),
                ('pickup_point', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.pickuppoint')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('network', 'name'), name='cause_named_once_per_network', violation_error_message='This cause is on the list already.')],
            },
        ),
        migrations.CreateModel(
            name='Favourite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to='network.organisation')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='producers.product')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('buyer', 'product'), name='favourite_once_per_buyer')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField()),
                ('rhythm', models.CharField(choices=[('weekly', 'every week'), ('fortnightly', 'every two weeks'), ('monthly', 'once a month')], default='weekly', max_length=12)),
                ('starts_on', models.DateField()),
                ('paused_from', models.DateField(blank=True, null=True)),
                ('paused_until', models.DateField(blank=True, null=True)),
                ('age_declared', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('changed_at', models.DateTimeField(default=network.clock.now)),
                ('version', models.PositiveIntegerField(default=0)),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='network.organisation')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='network.network')),
                ('pickup_point', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='network.pickuppoint')),
                ('size', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='producers.boxsize')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('stopped_at', None)), fields=['network'], name='subscriptions_running')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('stopped_at', None)), fields=('buyer', 'network', 'size', 'pickup_point', 'weekday', 'rhythm'), name='one_running_subscription_alike', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='subscription_on_a_weekday'), models.CheckConstraint(condition=models.Q(('starts_on__iso_week_day', 1)), name='subscription_starts_on_a_monday'), models.CheckConstraint(condition=models.Q(models.Q(('paused_from', None), ('paused_until', None)), ('paused_from__lte', models.F('paused_until')), _connector='OR'), name='subscription_pause_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='SubscriptionRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('filled', 'filled'), ('partly', 'filled in part'), ('no_delivery', 'no delivery that week'), ('failed', 'not filled')], max_length=12)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('lines', models.JSONField(default=list)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('cause', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.cause')),
                ('cycle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscription_runs', to='network.cycle')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='subscription_runs', to='orders.order')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='orders.subscription')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subscription', 'cycle'), name='one_run_per_subscription_and_cycle'), models.CheckConstraint(condition=models.Q(models.Q(('order__isnull', False), ('outcome__in', ['filled', 'partly'])), models.Q(('order', None), ('outcome__in', ['no_delivery', 'failed'])), _connector='OR'), name='subscription_run_has_an_order_or_none')],
            },
        ),
        migrations.CreateModel(
            name='SubscriptionWeek',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week_on', models.DateField()),
                ('skipped', models.BooleanField(default=False)),
                ('cause', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.cause')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='weeks', to='orders.subscription')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subscription', 'week_on'), name='one_row_per_subscription_and_week'), models.CheckConstraint(condition=models.Q(('cause__isnull', False), ('skipped', True), _negated=True), name='skipped_or_given_away')],
            },
        ),
        migrations.CreateModel(
            name='SubscriptionLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='producers.product')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.subscription')),
                ('week', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.subscriptionweek')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('subscription', 'week', 'product'), name='subscription_line_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='subscription_line_asks_for_something')],
            },
        ),
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='orders.order')),
                ('received_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('received_at', None), ('received_by', None)), models.Q(('received_at__isnull', False), ('received_by__isnull', False)), _connector='OR'), name='withdrawal_received_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='WithdrawalLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('received', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='orders.orderline')),
                ('withdrawal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.withdrawal')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('withdrawal', 'line'), name='withdrawal_line_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0), models.Q(('received', None), models.Q(('received__gte', 0), ('received__lte', models.F('quantity'))), _connector='OR')), name='withdrawal_receives_at_most_what_was_declared')],
            },
        ),
        migrations.CreateModel(
            name='EmptiesReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.DecimalField(decimal_places=2, max_digits=6)),
                ('count', models.PositiveSmallIntegerField()),
                ('credited', models.PositiveSmallIntegerField(default=0)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='empties_returned', to='network.organisation')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='empties_returned', to='orders.order')),
            ],
            options={
                'ordering': ['order', 'value'],
                'constraints': [models.UniqueConstraint(fields=('order', 'value'), name='empties_returned_once_per_order_and_value'), models.CheckConstraint(condition=models.Q(('credited__lte', models.F('count')), ('value__gte', 0)), name='empties_credited_at_most_once')],
            },
        ),
        migrations.CreateModel(
            name='Shortfall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('reason', models.CharField(choices=[('missing', 'missing'), ('bad', 'bad'), ('other', 'something else')], max_length=8)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('bearer', models.CharField(choices=[('farm', 'the farm'), ('network', 'the network')], default='farm', max_length=8)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='shortfall', to='orders.orderline')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='shortfall_is_more_than_nothing')],
            },
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
        migrations.CreateModel(
            name='Recall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('destroy', 'do not eat it, throw it away'), ('return', 'do not eat it, bring it back'), ('cook', 'eat it only when it is well cooked')], max_length=8)),
                ('reason', models.CharField(max_length=300)),
                ('started_at', models.DateTimeField(default=network.clock.now)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('producer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='producers.producer')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None)), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False)), _connector='OR'), name='recall_closed_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='RecalledGoods',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.deliveryday')),
                ('lot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recalled', to='producers.lot')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='producers.product')),
                ('recall', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='goods', to='orders.recall')),
            ],
            options={
                'verbose_name_plural': 'recalled goods',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('recall', 'product', 'delivery_day', 'lot'), name='recalled_goods_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='RecallNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ('reached_at', models.DateTimeField(blank=True, null=True)),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recall_notices', to='network.organisation')),
                ('reached_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recall', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='orders.recall')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('recall', 'buyer'), name='one_recall_notice_per_buyer'), models.CheckConstraint(condition=models.Q(models.Q(('reached_at', None), ('reached_by', None)), models.Q(('reached_at__isnull', False), ('reached_by__isnull', False)), _connector='OR'), name='recall_reached_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='RecalledLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalled', to='orders.orderline')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.recallnotice')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('notice', 'line'), name='recalled_line_once')],
            },
        ),
        *(
            operation
            for name in SQL
            for operation in import_module(f'orders.migrations.{name}').Migration.operations
            if isinstance(operation, migrations.RunSQL)
        ),
    ]
