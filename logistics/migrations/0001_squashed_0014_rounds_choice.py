"""What a new database gets in one go; one that is older takes the steps it still misses."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import logistics.models.fleet
import logistics.models.outlook
import logistics.models.plan
import network.clock
import network.texts
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('logistics', '0001_initial'), ('logistics', '0002_rounds_grow'), ('logistics', '0003_engine_unplanned_skills'), ('logistics', '0004_fleet_cooling'), ('logistics', '0005_paper_private_storage'), ('logistics', '0006_fair_cost'), ('logistics', '0007_bills_result'), ('logistics', '0008_assembly_frontier'), ('logistics', '0009_fund_overhead'), ('logistics', '0010_whatif_claimed'), ('logistics', '0011_empties_of_households'), ('logistics', '0012_bill_jobs'), ('logistics', '0014_rounds_choice')]

    initial = True

    dependencies = [
        ('orders', '0001_squashed_0010_recalls'),
    ]

    operations = [
        migrations.CreateModel(
            name='CostRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(max_length=24)),
                ('cost', models.DecimalField(decimal_places=2, max_digits=12)),
                ('billed', models.DecimalField(decimal_places=2, max_digits=12)),
                ('launch_gap', models.DecimalField(decimal_places=2, max_digits=12)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('inputs', models.JSONField(default=dict)),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cost_runs', to='network.deliveryday')),
                ('corrected_at', models.DateTimeField(blank=True, null=True)),
                ('fund', models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ('number', models.PositiveSmallIntegerField(default=1)),
                ('reason', models.CharField(blank=True, help_text='why the day was shared again', max_length=200)),
                ('tau', models.DecimalField(decimal_places=3, default=0, max_digits=4)),
                ('result', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('delivery_day', 'number'), name='cost_run_number_once_per_day'), models.UniqueConstraint(condition=models.Q(('corrected_at', None)), fields=('delivery_day',), name='one_current_cost_run_per_day'), models.CheckConstraint(condition=models.Q(('billed__gte', 0), ('cost', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('billed'), '+', models.F('launch_gap')), '+', models.F('fund'))), ('launch_gap__gte', 0)), name='cost_is_billed_or_launch_gap_or_fund')],
            },
        ),
        migrations.CreateModel(
            name='CostShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('crates', models.DecimalField(decimal_places=3, max_digits=9)),
                ('alone', models.DecimalField(decimal_places=2, max_digits=10)),
                ('own', models.DecimalField(decimal_places=2, help_text='what bringing to the hub costs her herself', max_digits=10)),
                ('share', models.DecimalField(decimal_places=2, max_digits=10)),
                ('cost_run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='logistics.costrun')),
                ('producer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cost_shares', to='producers.producer')),
                ('collection', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ('distribution', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ('fund', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('cost_run', 'producer'), name='one_cost_share_per_run_and_producer'), models.CheckConstraint(condition=models.Q(('share', 0), ('alone__gte', django.db.models.expressions.CombinedExpression(models.F('share'), '+', models.F('own'))), _connector='OR'), name='nobody_pays_more_than_alone'), models.CheckConstraint(condition=models.Q(('collection__gte', 0), ('distribution__gte', 0), ('own__gte', 0), ('share__gte', 0)), name='cost_share_not_negative'), models.CheckConstraint(condition=models.Q(('share', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('distribution'), '+', models.F('collection')), '-', models.F('fund')))), name='cost_share_is_its_parts')],
            },
        ),
        migrations.CreateModel(
            name='Pickup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='pickup', to='orders.order')),
            ],
        ),
        migrations.CreateModel(
            name='Unplanned',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('skills', 'no vehicle may or can stop there'), ('capacity', 'more crates or kg than any vehicle carries'), ('storage', 'no vehicle keeps this storage class cold enough'), ('window', 'its time window cannot be reached'), ('hours', "it does not fit in any driver's hours"), ('left_out', 'there are too few vehicles'), ('nowhere', 'its address is not known')], max_length=10)),
                ('delivery', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.delivery')),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unplanned', to='network.deliveryday')),
                ('producer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='producers.producer')),
                ('remedy', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('delivery__isnull', False), ('producer', None)), models.Q(('delivery', None), ('producer__isnull', False)), _connector='OR'), name='unplanned_is_a_farm_or_a_delivery')],
            },
        ),
        migrations.CreateModel(
            name='Vehicle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('crates', models.PositiveIntegerField()),
                ('ambient', models.PositiveIntegerField()),
                ('cool', models.PositiveIntegerField()),
                ('cold', models.PositiveIntegerField()),
                ('frozen', models.PositiveIntegerField()),
                ('kg', models.PositiveIntegerField()),
                ('per_day', models.DecimalField(decimal_places=2, max_digits=8)),
                ('per_km', models.DecimalField(decimal_places=4, max_digits=8)),
                ('per_hour', models.DecimalField(decimal_places=2, max_digits=8)),
                ('available_from', models.TimeField()),
                ('available_until', models.TimeField()),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('depot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vehicles', to='network.place')),
                ('network', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='vehicles', to='network.network')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='vehicles', to='network.organisation')),
                ('co2_per_km', models.PositiveSmallIntegerField(default=230, help_text='grams')),
                ('cooling', models.CharField(choices=[('none', 'no cooling'), ('boxes', 'cool boxes'), ('compartment', 'cold compartment')], default='compartment', max_length=12, verbose_name='cooling')),
                ('enters_low_emission', models.BooleanField(default=True)),
                ('kind', models.CharField(choices=[('van', 'van'), ('bike', 'cargo bike'), ('car', "volunteer's car"), ('carrier', 'hired carrier')], default='van', max_length=8, verbose_name='kind')),
                ('longest_minutes', models.PositiveSmallIntegerField(default=600)),
                ('pause_minutes', models.PositiveSmallIntegerField(default=30)),
                ('per_stop', models.DecimalField(decimal_places=2, default=0, max_digits=8)),
                ('returns_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.place')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=logistics.models.fleet.every_day, size=None)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('available_from__lt', models.F('available_until'))), name='vehicle_returns_after_it_leaves'), models.CheckConstraint(condition=models.Q(('crates__gt', 0), ('kg__gt', 0)), name='vehicle_carries_something'), models.CheckConstraint(condition=models.Q(('per_day__gte', 0), ('per_hour__gte', 0), ('per_km__gte', 0), ('per_stop__gte', 0)), name='vehicle_rates_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'car'), _negated=True), models.Q(('per_day', 0), ('per_hour', 0), ('per_stop', 0)), _connector='OR'), name='volunteers_are_repaid_kilometres_only'), models.CheckConstraint(condition=models.Q(('longest_minutes__gt', models.F('pause_minutes'))), name='vehicle_pause_within_drivers_hours'), models.CheckConstraint(condition=models.Q(models.Q(('cooling', 'none'), _negated=True), models.Q(('cold', 0), ('frozen', 0)), _connector='OR'), name='vehicle_without_cooling_carries_nothing_cold')],
            },
        ),
        migrations.CreateModel(
            name='LowEmissionZone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', network.texts.Texts(blank=True, default=dict)),
                ('boundary', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='PlanVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('action', models.CharField(max_length=40)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('plan', models.JSONField(default=dict)),
                ('roads', models.CharField(blank=True, max_length=12)),
                ('km', models.DecimalField(decimal_places=2, max_digits=10)),
                ('cost', models.DecimalField(decimal_places=2, max_digits=12)),
                ('co2_kg', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ('unplanned', models.PositiveSmallIntegerField(default=0)),
                ('alone_km', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('alone_cost', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plan_versions', to='network.deliveryday')),
            ],
            options={
                'ordering': ['delivery_day', 'number'],
                'constraints': [models.UniqueConstraint(fields=('delivery_day', 'number'), name='plan_version_number_once_per_day')],
            },
        ),
        migrations.CreateModel(
            name='Road',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=12)),
                ('from_lat', models.IntegerField()),
                ('from_lon', models.IntegerField()),
                ('to_lat', models.IntegerField()),
                ('to_lon', models.IntegerField()),
                ('km', models.FloatField(null=True)),
                ('minutes', models.FloatField(null=True)),
                ('at', models.DateTimeField(default=network.clock.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'from_lat', 'from_lon', 'to_lat', 'to_lon'), name='one_road_per_source_and_pair'), models.CheckConstraint(condition=models.Q(models.Q(('km', None), ('minutes', None)), models.Q(('km__gte', 0), ('minutes__gte', 0)), _connector='OR'), name='road_length_and_time_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Tour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('weekday', models.PositiveSmallIntegerField()),
                ('kept', models.BooleanField(default=True)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tours', to='network.network')),
                ('vehicle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tours', to='logistics.vehicle')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='tour_is_on_a_weekday')],
            },
        ),
        migrations.CreateModel(
            name='Round',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leg', models.CharField(choices=[('collection', 'collection'), ('distribution', 'distribution'), ('direct', 'straight from farm to customer')], max_length=12)),
                ('number', models.PositiveSmallIntegerField()),
                ('status', models.CharField(choices=[('planned', 'planned'), ('driving', 'driving'), ('driven', 'driven')], default='planned', max_length=8)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('km', models.DecimalField(decimal_places=2, max_digits=8)),
                ('cost', models.DecimalField(decimal_places=2, max_digits=10)),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rounds', to='network.deliveryday')),
                ('driver', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='rounds', to=settings.AUTH_USER_MODEL)),
                ('vehicle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rounds', to='logistics.vehicle')),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('km_driven', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True)),
                ('locked', models.BooleanField(default=False)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('tour', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='rounds', to='logistics.tour')),
            ],
            options={
                'ordering': ['delivery_day', 'number'],
                'constraints': [models.UniqueConstraint(fields=('delivery_day', 'number'), name='round_number_once_per_day'), models.CheckConstraint(condition=models.Q(('starts_at__lte', models.F('ends_at'))), name='round_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('km__gte', 0)), name='round_costs_not_negative'), models.CheckConstraint(condition=models.Q(('km_driven', None), ('km_driven__gte', 0), _connector='OR'), name='round_km_driven_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Stop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('arrives_at', models.DateTimeField()),
                ('leaves_at', models.DateTimeField()),
                ('km', models.DecimalField(decimal_places=2, help_text='from the stop before', max_digits=8)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('delivery', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stops', to='network.delivery')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.place')),
                ('producer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stops', to='producers.producer')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stops', to='logistics.round')),
                ('arrived_at', models.DateTimeField(blank=True, null=True)),
                ('left_at', models.DateTimeField(blank=True, null=True)),
                ('locked', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['round', 'position'],
                'constraints': [models.UniqueConstraint(fields=('round', 'position'), name='stop_position_once_per_round'), models.CheckConstraint(condition=models.Q(models.Q(('delivery__isnull', False), ('producer', None)), models.Q(('delivery', None), ('producer__isnull', False)), _connector='OR'), name='stop_is_at_a_farm_or_a_delivery')],
            },
        ),
        migrations.CreateModel(
            name='Crate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leg', models.CharField(choices=[('collection', 'collection'), ('distribution', 'distribution'), ('direct', 'straight from farm to customer')], max_length=12)),
                ('storage_class', models.CharField(choices=[('ambient', 'ambient'), ('cool', 'cool'), ('cold', 'cold'), ('frozen', 'frozen')], max_length=8)),
                ('letter', models.CharField(max_length=6)),
                ('contents', models.JSONField(default=list)),
                ('kg', models.DecimalField(decimal_places=3, default=0, max_digits=9)),
                ('status', models.CharField(choices=[('expected', 'expected'), ('loaded', 'collected'), ('delivered', 'delivered'), ('missing', 'missing')], default='expected', max_length=10)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('checked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('delivery', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='crates', to='network.delivery')),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='crates', to='network.deliveryday')),
                ('producer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='crates', to='producers.producer')),
                ('purchase_order_line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='crates', to='orders.purchaseorderline')),
                ('stop', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='crates', to='logistics.stop')),
                ('code', models.CharField(default=logistics.models.plan.crate_code, max_length=10, unique=True)),
                ('dropped_at', models.ForeignKey(blank=True, help_text='on the direct leg', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='dropped', to='logistics.stop')),
                ('max_temperature', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('delivery_day', 'leg', 'producer', 'delivery', 'letter'), name='crate_letter_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('delivery', None), ('leg', 'collection'), ('producer__isnull', False)), models.Q(('delivery__isnull', False), ('leg', 'distribution'), ('producer', None)), models.Q(('delivery__isnull', False), ('leg', 'direct'), ('producer__isnull', False)), _connector='OR'), name='crate_comes_from_a_farm_or_goes_to_a_delivery')],
            },
        ),
        migrations.CreateModel(
            name='Empties',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('crates', models.PositiveSmallIntegerField(default=0)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stop', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='empties', to='logistics.stop')),
            ],
            options={
                'verbose_name_plural': 'empties',
            },
        ),
        migrations.CreateModel(
            name='Paper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('run_sheet', 'run sheet'), ('labels', 'crate labels'), ('packing_lists', 'packing lists'), ('delivery_notes', 'delivery notes'), ('summaries', 'summary per stop'), ('everything', 'everything in one')], max_length=16)),
                ('language', models.CharField(max_length=2)),
                ('file', models.FileField(storage=logistics.models.plan.private_files, upload_to=logistics.models.plan.paper_path)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('round', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='papers', to='logistics.round')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='papers', to='logistics.planversion')),
                ('pages', models.PositiveSmallIntegerField(default=0)),
                ('round_number', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'kind', 'round_number', 'language'), name='paper_once')],
                'ordering': ['version', 'round_number', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='PhoneAction',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=20)),
                ('payload', models.JSONField(default=dict)),
                ('happened_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(default=network.clock.now)),
                ('refused', models.CharField(blank=True, max_length=300)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('delivery', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='actions', to='network.delivery')),
                ('round', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='actions', to='logistics.round')),
            ],
        ),
        migrations.CreateModel(
            name='Proof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('photo', 'photo'), ('signature', 'signature')], max_length=10)),
                ('file', models.ImageField(storage=logistics.models.plan.private_files, upload_to='proofs/')),
                ('signed_by', models.CharField(blank=True, max_length=80)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stop', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proofs', to='logistics.stop')),
            ],
        ),
        migrations.CreateModel(
            name='RoundChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('deltas', models.JSONField(default=list)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='logistics.round')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='round_changes', to='logistics.planversion')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('round', 'version'), name='one_change_per_round_and_version')],
            },
        ),
        migrations.CreateModel(
            name='TemperatureReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('storage_class', models.CharField(choices=[('ambient', 'ambient'), ('cool', 'cool'), ('cold', 'cold'), ('frozen', 'frozen')], max_length=8)),
                ('celsius', models.DecimalField(decimal_places=1, max_digits=4)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='temperatures', to='logistics.round')),
                ('stop', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='temperatures', to='logistics.stop')),
            ],
            options={
                'ordering': ['at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('celsius__gte', -60), ('celsius__lte', 60)), name='temperature_is_of_this_world')],
            },
        ),
        migrations.CreateModel(
            name='TourStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('at', models.TimeField()),
                ('outlet', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.outlet')),
                ('pickup_point', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.pickuppoint')),
                ('producer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='producers.producer')),
                ('tour', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stops', to='logistics.tour')),
            ],
            options={
                'ordering': ['tour', 'position'],
                'constraints': [models.UniqueConstraint(fields=('tour', 'position'), name='tour_stop_position_once'), models.CheckConstraint(condition=models.Q(models.Q(('outlet', None), ('pickup_point', None), ('producer__isnull', False)), models.Q(('outlet', None), ('pickup_point__isnull', False), ('producer', None)), models.Q(('outlet__isnull', False), ('pickup_point', None), ('producer', None)), _connector='OR'), name='tour_stop_is_at_one_place')],
            },
        ),
        migrations.CreateModel(
            name='TransportChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week_on', models.DateField(help_text='the Monday of the week of delivery')),
                ('transport', models.CharField(choices=[('collected', 'collected at the farm'), ('brings', 'brings to the hub'), ('drives', 'drives a round')], max_length=10)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('producer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transport_choices', to='producers.producer')),
                ('vehicle', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='logistics.vehicle')),
                ('repeats', models.BooleanField(default=False, help_text='also for the weeks after, until something else is chosen')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('producer', 'week_on'), name='one_transport_choice_per_producer_and_week'), models.CheckConstraint(condition=models.Q(models.Q(('transport', 'drives'), _negated=True), ('vehicle__isnull', False), _connector='OR'), name='who_drives_names_her_vehicle')],
            },
        ),
        migrations.CreateModel(
            name='Trouble',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('missing', 'missing'), ('damaged', 'damaged'), ('nobody', 'nobody there')], max_length=8)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('crate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='troubles', to='logistics.crate')),
                ('stop', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='troubles', to='logistics.stop')),
            ],
        ),
        migrations.CreateModel(
            name='CollegeRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('college', models.CharField(choices=[('producers', 'producers'), ('consumers', 'consumers'), ('outlets', 'outlets'), ('workers', 'workers')], max_length=10)),
                ('weight', models.DecimalField(decimal_places=3, max_digits=4)),
                ('quorum', models.DecimalField(decimal_places=3, max_digits=4)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='college_rules', to='network.network')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('network', 'college'), name='one_rule_per_college'), models.CheckConstraint(condition=models.Q(('quorum__gte', 0), ('quorum__lte', 1), ('weight__gt', 0), ('weight__lte', 1)), name='college_rule_is_fractions')],
            },
        ),
        migrations.CreateModel(
            name='CostGame',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('distribution', 'from the hub to points and outlets'), ('collection', 'from the farms to the hub'), ('direct', 'straight from farm to customer')], max_length=12)),
                ('cost', models.DecimalField(decimal_places=2, help_text='what is shared, in euro', max_digits=12)),
                ('tau', models.DecimalField(decimal_places=5, help_text='the bypass threshold it was shared at', max_digits=7)),
                ('eps_star', models.DecimalField(decimal_places=5, max_digits=7)),
                ('spread', models.DecimalField(decimal_places=2, help_text='in points', max_digits=6)),
                ('max_violation', models.DecimalField(decimal_places=2, help_text='in euro', max_digits=10)),
                ('subsidy', models.DecimalField(decimal_places=2, help_text='euro with which no group would do better alone', max_digits=10)),
                ('proven', models.BooleanField()),
                ('exact', models.BooleanField()),
                ('stopped', models.BooleanField(default=False)),
                ('inputs', models.JSONField()),
                ('rows', models.JSONField(default=list)),
                ('result', models.JSONField()),
                ('inputs_hash', models.CharField(max_length=64)),
                ('cost_run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='games', to='logistics.costrun')),
            ],
            options={
                'ordering': ['cost_run', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('cost_run', 'kind'), name='one_cost_game_per_run_and_kind'), models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('eps_star__gte', 0), ('subsidy__gte', 0), ('tau__gte', 0)), name='cost_game_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='CostTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_week', models.DateField(blank=True, null=True)),
                ('method', models.CharField(choices=[('epm', 'equal savings, and no group is better off alone'), ('shapley', 'what each adds on average (Shapley)'), ('nucleolus', 'the least contented group as content as can be (nucleolus)'), ('per_capita_nucleolus', 'the same, per head'), ('stand_alone', 'in proportion to going alone'), ('volume', 'in proportion to crates'), ('value', 'in proportion to the value of the goods')], default='epm', max_length=24, verbose_name='method')),
                ('tau', models.DecimalField(decimal_places=3, default=Decimal('0.1'), max_digits=4, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)], verbose_name='bypass threshold')),
                ('per_day', models.DecimalField(decimal_places=2, default=12, max_digits=7, verbose_name='euro per day')),
                ('per_km', models.DecimalField(decimal_places=4, default=Decimal('0.3'), max_digits=6, verbose_name='euro per km')),
                ('per_hour', models.DecimalField(decimal_places=2, default=19, max_digits=6, verbose_name='euro per hour')),
                ('crates', models.PositiveSmallIntegerField(default=40, verbose_name='crates in the van')),
                ('fund_crates', models.PositiveIntegerField(blank=True, null=True, verbose_name='crates of the fuller week')),
                ('solidarity', models.DecimalField(decimal_places=3, default=0, max_digits=4, verbose_name='part of the savings for the fund')),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cost_terms', to='network.network')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('network', 'from_week'), name='one_set_of_cost_terms_per_week'), models.CheckConstraint(condition=models.Q(('solidarity__gte', 0), ('solidarity__lte', 1), ('tau__gte', 0), ('tau__lte', 1)), name='cost_terms_are_fractions'), models.CheckConstraint(condition=models.Q(('crates__gte', 1), ('per_day__gte', 0), ('per_hour__gte', 0), ('per_km__gte', 0)), name='standard_van_rates_not_negative'), models.CheckConstraint(condition=models.Q(('from_week', None), ('from_week__iso_week_day', 1), _connector='OR'), name='cost_terms_begin_on_monday')],
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('raised_at', models.DateTimeField(default=network.clock.now)),
                ('text', models.TextField(max_length=2000, verbose_name='what is wrong')),
                ('answer', models.TextField(blank=True, max_length=2000, verbose_name='answer')),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('raised_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('share', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='logistics.costshare')),
            ],
            options={
                'ordering': ['raised_at'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('answered_at', None)), fields=('share',), name='one_open_dispute_per_bill'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='dispute_answer_is_whole')],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('why', models.TextField(max_length=4000, verbose_name='why')),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('closes_at', models.DateTimeField(verbose_name='vote until')),
                ('from_week', models.DateField(verbose_name='from the week of')),
                ('status', models.CharField(choices=[('open', 'open'), ('passed', 'passed'), ('rejected', 'rejected'), ('withdrawn', 'withdrawn')], default='open', max_length=9)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.JSONField(blank=True, default=dict, help_text='the count per college, when it was decided')),
                ('effects', models.JSONField(blank=True, default=dict, help_text='what each member would have paid')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='network.network')),
                ('terms', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='proposal', to='logistics.costterms')),
            ],
            options={
                'ordering': ['-made_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('made_at'))), name='vote_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('status', 'open')), models.Q(models.Q(('status', 'open'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='proposal_is_decided_once'), models.UniqueConstraint(condition=models.Q(('status__in', ['open', 'passed'])), fields=('network', 'from_week'), name='one_proposal_per_network_and_week')],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='euro to give back')),
                ('booked_at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='network.network')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('network', 'year'), name='one_refund_per_year'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('text', models.TextField(max_length=2000, verbose_name='remark')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='remarks', to='logistics.proposal')),
            ],
            options={
                'ordering': ['at'],
            },
        ),
        migrations.CreateModel(
            name='Scenario',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('point', 'one more pickup point'), ('day', 'one more delivery day'), ('van', 'one more van'), ('producer', 'one more farm'), ('outside', 'crates of a farm outside the platform')], max_length=8)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('inputs', models.JSONField()),
                ('result', models.JSONField(blank=True, default=dict)),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('done', 'done'), ('failed', 'failed')], default='waiting', max_length=8)),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scenarios', to='network.deliveryday')),
            ],
            options={
                'ordering': ['-made_at'],
            },
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('in_favour', models.BooleanField()),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.membership')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='votes', to='logistics.proposal')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('proposal', 'membership'), name='one_member_one_vote')],
            },
        ),
        migrations.CreateModel(
            name='WhatIf',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(default=logistics.models.outlook.unguessable, max_length=32, unique=True)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('expires_on', models.DateField()),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('inputs', models.JSONField()),
                ('estimate', models.JSONField()),
                ('exact', models.JSONField(blank=True, default=dict)),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('done', 'done'), ('failed', 'failed')], default='waiting', max_length=8)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='what_ifs', to='network.network')),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-made_at'],
            },
        ),
        migrations.CreateModel(
            name='Frontier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('spread', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('cost_run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='frontier', to='logistics.costrun')),
            ],
        ),
        migrations.CreateModel(
            name='Overhead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('per_week', models.DecimalField(decimal_places=2, max_digits=9, verbose_name='euro a week')),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='overheads', to='network.network')),
            ],
            options={
                'ordering': ['network', 'period'],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('network', '='), ('period', '&&')], name='one_overhead_at_a_time'), models.CheckConstraint(condition=models.Q(('per_week__gte', 0)), name='overhead_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='BillJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('settle', 'settling'), ('share', 'sharing again'), ('check', 'checking')], max_length=6)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('result', models.JSONField(blank=True, default=dict)),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('done', 'done'), ('failed', 'failed')], default='waiting', max_length=8)),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bill_jobs', to='network.deliveryday')),
            ],
            options={
                'ordering': ['-made_at', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status__in', ['waiting', 'running'])), fields=('delivery_day', 'kind'), name='one_unanswered_bill_job_per_day_and_kind')],
            },
        ),
    ]
