"""What a new database gets in one go; one that is older takes the steps it still misses."""

from importlib import import_module

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.operations
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import network.clock
import network.models.account
import network.texts
from django.conf import settings
from django.db import migrations, models


SQL = ('0002_append_only',)


class Migration(migrations.Migration):

    replaces = [('network', '0001_initial'), ('network', '0002_append_only'), ('network', '0003_rounds_grow'), ('network', '0004_fund_accounts'), ('network', '0005_home_delivery'), ('network', '0006_account'), ('network', '0007_leaving')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(
        ),
        django.contrib.postgres.operations.TrigramExtension(
        ),
        django.contrib.postgres.operations.UnaccentExtension(
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('language', models.CharField(default='nl', max_length=2, verbose_name='language')),
                ('phone', models.CharField(blank=True, max_length=30, verbose_name='phone')),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('joined_at', models.DateTimeField(default=network.clock.now)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('leaving_at', models.DateTimeField(blank=True, help_text='when this account ends, as asked', null=True)),
                ('left_at', models.DateTimeField(blank=True, null=True)),
                ('mail_choices', models.JSONField(blank=True, default=dict, help_text='kinds of mail, and whether they are wanted')),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='person_email_once_whatever_its_case')],
            },
        ),
        migrations.CreateModel(
            name='OutboxEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=160, unique=True)),
                ('kind', models.CharField(max_length=40)),
                ('payload', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(default=network.clock.now)),
                ('due_at', models.DateTimeField(default=network.clock.now)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
            ],
            options={
                'verbose_name_plural': 'outbox entries',
                'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['due_at'], name='outbox_waiting')],
            },
        ),
        migrations.CreateModel(
            name='Place',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('street', models.CharField(blank=True, max_length=120, verbose_name='street')),
                ('postcode', models.CharField(max_length=10, verbose_name='postcode')),
                ('municipality', models.CharField(max_length=80, verbose_name='municipality')),
                ('lat', models.FloatField()),
                ('lon', models.FloatField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('lat__gte', -90), ('lat__lte', 90), ('lon__gte', -180), ('lon__lte', 180)), name='place_is_on_earth')],
            },
        ),
        migrations.CreateModel(
            name='VatRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(choices=[('food', 'food'), ('alcohol', 'alcohol'), ('plants', 'plants and flowers'), ('service', 'services')], max_length=8)),
                ('rate', models.DecimalField(decimal_places=2, max_digits=4)),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField()),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('category', '='), ('period', '&&')], name='one_vat_rate_at_a_time'), models.CheckConstraint(condition=models.Q(('rate__gte', 0), ('rate__lt', 100)), name='vat_rate_is_a_percentage')],
            },
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('file', models.FileField(blank=True, storage=network.models.account.private_files, upload_to='exports/')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('file', '')), fields=('person',), name='one_export_made_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('kind', models.CharField(choices=[('household', 'household'), ('business', 'business'), ('public', 'public body'), ('cooperative', 'co-operative')], default='household', max_length=12)),
                ('enterprise_number', models.CharField(blank=True, max_length=10)),
                ('language', models.CharField(default='nl', max_length=2)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='organisations', to='network.place')),
                ('substitution', models.CharField(blank=True, choices=[('replace', 'put something alike in its place'), ('refund', 'leave it out, I pay less'), ('ask', 'call me first')], max_length=8)),
            ],
        ),
        migrations.CreateModel(
            name='Network',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=40, unique=True, validators=[django.core.validators.RegexValidator('^(?!(?:accounts|admin|api|books|documents|farm|health|language|mail|me|media|n|orders|purchase-orders|rounds|static|styleguide)$)[a-z][a-z0-9-]*$', 'Choose another short name.')])),
                ('name', models.CharField(max_length=80)),
                ('flow', models.CharField(choices=[('retail', 'the hub buys and resells'), ('facilitation', 'the farmer sells, the hub serves')], default='retail', max_length=12)),
                ('email', models.EmailField(max_length=254)),
                ('opens_weekday', models.PositiveSmallIntegerField(default=5)),
                ('opens_time', models.TimeField()),
                ('minimum_order', models.DecimalField(decimal_places=2, default=0, max_digits=8)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='network', to='network.organisation')),
                ('hub', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hub_of', to='network.place')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('opens_weekday__lte', 6)), name='network_opens_on_a_weekday'), models.CheckConstraint(condition=models.Q(('minimum_order__gte', 0)), name='network_minimum_order_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Cycle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week_on', models.DateField()),
                ('opens_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('scheduled', 'scheduled'), ('open', 'open'), ('closed', 'closed'), ('settled', 'settled')], default='scheduled', max_length=10)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cycles', to='network.network')),
            ],
            options={
                'ordering': ['-opens_at'],
                'constraints': [models.UniqueConstraint(fields=('network', 'week_on'), name='one_cycle_per_network_and_week')],
            },
        ),
        migrations.CreateModel(
            name='DeliveryDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('closes_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('scheduled', 'scheduled'), ('open', 'open'), ('closed', 'closed'), ('planned', 'planned'), ('driven', 'driven'), ('settled', 'settled')], default='scheduled', max_length=10)),
                ('cycle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='network.cycle')),
            ],
            options={
                'ordering': ['on'],
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['closes_at'], name='delivery_day_due_to_close')],
                'constraints': [models.UniqueConstraint(fields=('cycle', 'on'), name='one_delivery_day_per_cycle_and_date')],
            },
        ),
        migrations.CreateModel(
            name='JournalEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('action', models.CharField(max_length=60)),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.BigIntegerField()),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('data', models.JSONField(default=dict)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('network', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='journal', to='network.network')),
            ],
            options={
                'verbose_name_plural': 'journal entries',
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['subject_type', 'subject_id'], name='journal_by_subject'), models.Index(fields=['network', '-at'], name='journal_by_network')],
            },
        ),
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('name', network.texts.Texts(blank=True, default=dict)),
                ('moved_to', models.DateField(blank=True, null=True)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holidays', to='network.network')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('network', 'on'), name='holiday_once'), models.CheckConstraint(condition=models.Q(('moved_to', models.F('on')), _negated=True), name='holiday_moves_to_another_day')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('college', models.CharField(choices=[('producers', 'producers'), ('consumers', 'consumers'), ('outlets', 'outlets'), ('workers', 'workers')], max_length=10)),
                ('joined_on', models.DateField(default=network.clock.today)),
                ('left_on', models.DateField(blank=True, null=True)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='network.network')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='network.organisation')),
                ('leaves_on', models.DateField(blank=True, null=True)),
                ('withdrawn', models.JSONField(blank=True, default=list)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('left_on', None)), fields=('network', 'organisation', 'college'), name='one_current_membership_per_college'), models.CheckConstraint(condition=models.Q(('left_on', None), ('left_on__gte', models.F('joined_on')), _connector='OR'), name='membership_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(('leaves_on', None), models.Q(('leaves_on__gte', models.F('joined_on')), ('leaves_on__iso_week_day', 1)), _connector='OR'), name='membership_leaves_on_a_monday_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='BankAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('iban', models.CharField(max_length=34)),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bank_accounts', to='network.organisation')),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('organisation', '='), ('period', '&&')], name='one_bank_account_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('buyer', 'buyer'), ('producer', 'producer'), ('sales', 'sales'), ('purchases', 'purchases'), ('contribution', 'network contribution'), ('tariff', 'logistics tariff'), ('home', 'home delivery'), ('transport', 'transport cost'), ('carrier', 'carrier'), ('launch_gap', 'launch gap'), ('variance', 'driven otherwise than planned'), ('expenses', "volunteers' expenses"), ('deposits', 'deposits'), ('vat', 'VAT'), ('compensation', 'agricultural compensation'), ('rounding', 'rounding'), ('bank', 'bank'), ('fund', 'start-up fund'), ('refund', 'refund to members')], max_length=12)),
                ('currency', models.CharField(default='EUR', max_length=3)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='network.network')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='network.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('network', 'kind', 'organisation', 'currency'), name='account_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='OrganisationRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'owner'), ('member', 'member')], default='owner', max_length=10)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roles', to='network.organisation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='organisation_roles', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'person'), name='one_role_per_person_and_organisation')],
            },
        ),
        migrations.CreateModel(
            name='Outlet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=12, unique=True)),
                ('kind', models.CharField(choices=[('shop', 'shop'), ('farm_shop', 'farm shop'), ('market', 'market stall'), ('restaurant', 'restaurant'), ('caterer', 'caterer'), ('kitchen', 'public kitchen'), ('school', 'school')], max_length=12)),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None)),
                ('opens', models.TimeField()),
                ('closes', models.TimeField()),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='outlet', to='network.organisation')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('opens__lt', models.F('closes'))), name='outlet_closes_after_it_opens')],
            },
        ),
        migrations.CreateModel(
            name='PickupPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=12)),
                ('name', network.texts.Texts(blank=True, default=dict)),
                ('cooling', network.texts.Texts(blank=True, default=dict)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pickup_points', to='network.network')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pickup_points', to='network.place')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('network', 'code'), name='pickup_point_code_once_per_network')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='network.deliveryday')),
                ('outlet', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='network.outlet')),
                ('pickup_point', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='network.pickuppoint')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='network.place')),
                ('fee', models.DecimalField(decimal_places=2, default=0, max_digits=6)),
                ('home', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='home_deliveries', to='network.organisation')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'constraints': [models.CheckConstraint(condition=models.Q(('starts_at__lt', models.F('ends_at'))), name='delivery_ends_after_it_starts'), models.UniqueConstraint(fields=('delivery_day', 'pickup_point', 'outlet', 'home', 'starts_at'), name='delivery_once', nulls_distinct=False), models.UniqueConstraint(fields=('delivery_day', 'home'), name='one_home_delivery_per_household_and_day'), models.CheckConstraint(condition=models.Q(models.Q(('home', None), ('outlet', None), ('pickup_point__isnull', False)), models.Q(('home', None), ('outlet__isnull', False), ('pickup_point', None)), models.Q(('home__isnull', False), ('outlet', None), ('pickup_point', None)), _connector='OR'), name='delivery_is_at_a_point_an_outlet_or_a_home'), models.CheckConstraint(condition=models.Q(('fee', 0), models.Q(('fee__gt', 0), ('home__isnull', False)), _connector='OR'), name='only_home_deliveries_have_a_fee')],
            },
        ),
        migrations.CreateModel(
            name='DeliveryCapacity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('storage_class', models.CharField(choices=[('ambient', 'ambient'), ('cool', 'cool'), ('cold', 'cold'), ('frozen', 'frozen')], max_length=8)),
                ('soft', models.PositiveIntegerField()),
                ('hard', models.PositiveIntegerField()),
                ('booked', models.DecimalField(decimal_places=3, default=0, max_digits=9)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='capacities', to='network.delivery')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('delivery', 'storage_class'), name='delivery_capacity_once_per_class'), models.CheckConstraint(condition=models.Q(('soft__lte', models.F('hard'))), name='delivery_soft_capacity_within_hard'), models.CheckConstraint(condition=models.Q(('booked__gte', 0), ('booked__lte', models.F('hard'))), name='delivery_booked_within_hard_capacity')],
            },
        ),
        migrations.CreateModel(
            name='NetworkRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('coordinator', 'coordinator'), ('driver', 'driver'), ('volunteer', 'volunteer'), ('ambassador', 'ambassador')], max_length=12)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roles', to='network.network')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='network_roles', to=settings.AUTH_USER_MODEL)),
                ('pickup_point', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='volunteers', to='network.pickuppoint')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('network', 'person', 'role', 'pickup_point'), name='network_role_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('pickup_point', None), ('role', 'volunteer'), _connector='OR'), name='only_volunteers_man_a_pickup_point')],
            },
        ),
        migrations.CreateModel(
            name='PickupSlot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField()),
                ('opens', models.TimeField()),
                ('closes', models.TimeField()),
                ('pickup_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='slots', to='network.pickuppoint')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('pickup_point', 'weekday', 'opens'), name='pickup_slot_once'), models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='pickup_slot_on_a_weekday'), models.CheckConstraint(condition=models.Q(('opens__lt', models.F('closes'))), name='pickup_slot_closes_after_it_opens')],
            },
        ),
        migrations.CreateModel(
            name='PointCapacity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('storage_class', models.CharField(choices=[('ambient', 'ambient'), ('cool', 'cool'), ('cold', 'cold'), ('frozen', 'frozen')], max_length=8)),
                ('soft', models.PositiveIntegerField()),
                ('hard', models.PositiveIntegerField()),
                ('pickup_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='capacities', to='network.pickuppoint')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('pickup_point', 'storage_class'), name='point_capacity_once_per_class'), models.CheckConstraint(condition=models.Q(('soft__lte', models.F('hard'))), name='point_soft_capacity_within_hard')],
            },
        ),
        migrations.CreateModel(
            name='PriceGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.CharField(choices=[('household', 'households'), ('trade', 'outlets and farm shops')], max_length=10)),
                ('contribution', models.DecimalField(decimal_places=3, max_digits=4)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='price_groups', to='network.network')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('network', 'audience'), name='one_price_group_per_audience'), models.CheckConstraint(condition=models.Q(('contribution__gte', 0), ('contribution__lt', 1)), name='contribution_is_a_share_below_one')],
            },
        ),
        migrations.CreateModel(
            name='Tariff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('storage_class', models.CharField(choices=[('ambient', 'ambient'), ('cool', 'cool'), ('cold', 'cold'), ('frozen', 'frozen')], max_length=8)),
                ('per_crate', models.DecimalField(decimal_places=4, max_digits=8)),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tariffs', to='network.network')),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('network', '='), ('storage_class', '='), ('period', '&&')], name='one_tariff_at_a_time'), models.CheckConstraint(condition=models.Q(('per_crate__gte', 0)), name='tariff_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Transaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('description', models.CharField(max_length=200)),
                ('booked_at', models.DateTimeField(default=network.clock.now)),
                ('on', models.DateField()),
                ('delivery_day', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='network.deliveryday')),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='network.network')),
            ],
            options={
                'ordering': ['-on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='network.account')),
                ('transaction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='network.transaction')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='posting_moves_something')],
            },
        ),
        migrations.CreateModel(
            name='VatStatus',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('regime', models.CharField(choices=[('normal', 'normal'), ('exempt', 'small-business exemption'), ('agricultural', 'special agricultural scheme'), ('public', 'public body'), ('article_44', 'exempt activity (article 44)')], max_length=12)),
                ('number', models.CharField(blank=True, max_length=14)),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='vat_statuses', to='network.organisation')),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('organisation', '='), ('period', '&&')], name='one_vat_regime_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='WeeklyDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField()),
                ('cutoff_days_before', models.PositiveSmallIntegerField(default=2)),
                ('cutoff_time', models.TimeField()),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='weekly_days', to='network.network')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('network', 'weekday'), name='weekly_day_once'), models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='weekly_day_is_a_weekday')],
            },
        ),
        migrations.CreateModel(
            name='HomeDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None)),
                ('opens', models.TimeField()),
                ('closes', models.TimeField()),
                ('price', models.DecimalField(decimal_places=2, max_digits=6)),
                ('radius_km', models.PositiveSmallIntegerField()),
                ('doors', models.PositiveSmallIntegerField()),
                ('network', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='home_delivery', to='network.network')),
            ],
            options={
                'verbose_name_plural': 'home deliveries',
                'constraints': [models.CheckConstraint(condition=models.Q(('opens__lt', models.F('closes'))), name='home_delivery_closes_after_it_opens'), models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='home_delivery_price_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Address',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='network.organisation')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.place')),
            ],
            options={
                'verbose_name_plural': 'addresses',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('organisation', '='), ('period', '&&')], name='one_address_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                ('role', models.CharField(choices=[('owner', 'owner'), ('member', 'member')], default='member', max_length=10)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='network.organisation')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(models.F('organisation'), django.db.models.functions.text.Lower('email'), condition=models.Q(('accepted_at', None), ('withdrawn_at', None)), name='invited_once_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='MembershipRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('words', models.TextField(blank=True, max_length=1000, verbose_name='something about your farm')),
                ('status', models.CharField(choices=[('waiting', 'waiting for an answer'), ('accepted', 'accepted'), ('declined', 'declined'), ('withdrawn', 'taken back')], default='waiting', max_length=10)),
                ('answer', models.TextField(blank=True, max_length=1000, verbose_name='answer')),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='membership_requests', to='network.network')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='membership_requests', to='network.organisation')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'waiting')), fields=('network', 'organisation'), name='one_waiting_request_per_organisation_and_network')],
            },
        ),
        migrations.AddField(
            model_name='organisation',
            name='people',
            field=models.ManyToManyField(related_name='organisations', through='network.OrganisationRole', to=settings.AUTH_USER_MODEL),
        ),
        *(
            operation
            for name in SQL
            for operation in import_module(f'network.migrations.{name}').Migration.operations
            if isinstance(operation, migrations.RunSQL)
        ),
    ]
