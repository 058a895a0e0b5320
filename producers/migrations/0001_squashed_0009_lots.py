"""What a new database gets in one go; one that is older takes the steps it still misses."""

from importlib import import_module

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.lookups
import network.clock
import network.texts
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


SQL = ('0003_findable', '0006_supply_forms')


class Migration(migrations.Migration):

    replaces = [('producers', '0001_initial'), ('producers', '0002_rounds_grow'), ('producers', '0003_findable'), ('producers', '0004_boxes'), ('producers', '0005_desk_in_depth'), ('producers', '0006_supply_forms'), ('producers', '0008_product_pages'), ('producers', '0009_lots')]

    initial = True

    dependencies = [
        ('network', '0001_squashed_0007_leaving'),
    ]

    operations = [
        migrations.CreateModel(
            name='Producer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('code', models.SlugField(max_length=12, unique=True)),
                ('speciality', network.texts.Texts(blank=True, default=dict)),
                ('story', network.texts.Texts(blank=True, default=dict)),
                ('organic_body', models.CharField(blank=True, max_length=12)),
                ('establishment_number', models.CharField(blank=True, max_length=12)),
                ('minimum', models.DecimalField(decimal_places=2, default=0, max_digits=8, verbose_name='minimum per delivery day')),
                ('transport', models.CharField(choices=[('collected', 'collected at the farm'), ('brings', 'brings to the hub'), ('drives', 'drives a round')], default='collected', max_length=10)),
                ('opens', models.TimeField(help_text='goods can be collected from')),
                ('closes', models.TimeField(help_text='goods can be collected until')),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='producer', to='network.organisation')),
                ('shortage_rule', models.CharField(choices=[('pro_rata', 'everybody in proportion'), ('rotation', 'in turn: who got less longest ago'), ('first_come', 'who ordered last')], default='pro_rata', max_length=10)),
                ('types_shelf', models.BooleanField(default=False, help_text='prices are typed as the shop shows them')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('minimum__gte', 0)), name='producer_minimum_not_negative'), models.CheckConstraint(condition=models.Q(('opens__lt', models.F('closes'))), name='producer_closes_after_it_opens')],
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sku', models.SlugField(max_length=40)),
                ('name', network.texts.Texts(blank=True, default=dict)),
                ('description', network.texts.Texts(blank=True, default=dict)),
                ('category', models.CharField(choices=[('vegetables', 'Vegetables'), ('fruit', 'Fruit'), ('dairy', 'Dairy and eggs'), ('bread', 'Bread and flour'), ('meat', 'Meat'), ('pantry', 'Pantry'), ('drinks', 'Drinks'), ('plants', 'Plants and flowers')], max_length=12)),
                ('dfc_type', models.CharField(blank=True, max_length=60)),
                ('unit', models.CharField(choices=[('kg', 'kg'), ('litre', 'litre'), ('piece', 'piece'), ('bunch', 'bunch'), ('bag', 'bag'), ('box', 'box'), ('bottle', 'bottle'), ('jar', 'jar'), ('pack', 'pack'), ('pot', 'pot'), ('bouquet', 'bouquet')], max_length=8)),
                ('step', models.DecimalField(decimal_places=3, default=Decimal('1'), max_digits=6)),
                ('sold_by_weight', models.BooleanField(default=False)),
                ('net_quantity', models.DecimalField(decimal_places=3, max_digits=9)),
                ('net_unit', models.CharField(choices=[('kg', 'kg'), ('l', 'litre'), ('piece', 'piece')], max_length=5)),
                ('unit_kg', models.DecimalField(decimal_places=3, max_digits=9)),
                ('vat_category', models.CharField(choices=[('food', 'food'), ('alcohol', 'alcohol'), ('plants', 'plants and flowers'), ('service', 'services')], default='food', max_length=8)),
                ('storage_class', models.CharField(choices=[('ambient', 'ambient'), ('cool', 'cool'), ('cold', 'cold'), ('frozen', 'frozen')], max_length=8)),
                ('max_temperature', models.DecimalField(decimal_places=1, max_digits=4)),
                ('shelf_life_days', models.PositiveIntegerField()),
                ('allergens', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None)),
                ('season', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('crate', network.texts.Texts(blank=True, default=dict)),
                ('units_per_crate', models.PositiveIntegerField()),
                ('deposit', models.DecimalField(decimal_places=2, default=0, max_digits=6)),
                ('alcohol', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True)),
                ('perishable', models.BooleanField(default=True)),
                ('drawing', models.CharField(blank=True, max_length=20)),
                ('photo', models.ImageField(blank=True, upload_to='products/', validators=[django.core.validators.FileExtensionValidator(['jpg', 'jpeg', 'png', 'webp'])])),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('producer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='producers.producer')),
                ('cost', models.DecimalField(blank=True, decimal_places=4, help_text='seen by the farm only', max_digits=10, null=True)),
                ('photo_small', models.ImageField(blank=True, editable=False, upload_to='products/', validators=[django.core.validators.FileExtensionValidator(['webp'])])),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('producer', 'sku'), name='product_sku_once_per_producer'), models.CheckConstraint(condition=models.Q(('step__gt', 0)), name='product_step_positive'), models.CheckConstraint(condition=models.Q(('net_quantity__gt', 0), ('unit_kg__gt', 0)), name='product_weighs_something'), models.CheckConstraint(condition=models.Q(('units_per_crate__gt', 0)), name='product_fits_a_crate'), models.CheckConstraint(condition=models.Q(('deposit__gte', 0)), name='product_deposit_not_negative'), models.CheckConstraint(condition=models.Q(('cost', None), ('cost__gte', 0), _connector='OR'), name='product_cost_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Supply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week_on', models.DateField(help_text='the Monday of the week of delivery')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('reserved', models.DecimalField(decimal_places=3, default=0, max_digits=12)),
                ('price', models.DecimalField(decimal_places=4, max_digits=10)),
                ('changed_at', models.DateTimeField(default=network.clock.now)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supplies', to='producers.product')),
                ('carries_over', models.BooleanField(default=False)),
                ('last_week_on', models.DateField(blank=True, null=True)),
                ('until_gone', models.BooleanField(default=False, help_text='it is not topped up, and ends when nothing is left')),
            ],
            options={
                'verbose_name_plural': 'supplies',
                'constraints': [models.UniqueConstraint(fields=('product', 'week_on'), name='one_supply_per_product_and_week'), models.CheckConstraint(condition=models.Q(('reserved__gte', 0), ('reserved__lte', models.F('quantity'))), name='supply_reserved_within_quantity'), models.CheckConstraint(condition=models.Q(('price__gt', 0)), name='supply_price_positive'), models.UniqueConstraint(condition=models.Q(('carries_over', True), ('last_week_on', None)), fields=('product',), name='one_stock_per_product_carries_over'), models.CheckConstraint(condition=models.Q(('carries_over', True), models.Q(('last_week_on', None), ('until_gone', False)), _connector='OR'), name='supply_of_a_week_ends_with_it')],
            },
        ),
        migrations.CreateModel(
            name='StockMovement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('change', models.DecimalField(decimal_places=3, max_digits=12)),
                ('reason', models.CharField(choices=[('announced', 'announced'), ('corrected', 'corrected'), ('shortage', 'shortage'), ('harvest', 'harvested or made'), ('loss', 'lost or used'), ('count', 'counted'), ('return', 'came back'), ('sale', 'sold')], max_length=10)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supply', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='producers.supply')),
                ('delivery_day', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stock_sold', to='network.deliveryday')),
                ('note', models.CharField(blank=True, db_default='', default='', max_length=200)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('reason', 'sale')), fields=('supply', 'delivery_day'), name='stock_is_sold_once_a_day'), models.CheckConstraint(condition=models.Q(models.Q(('change__lt', 0), ('delivery_day__isnull', False), ('reason', 'sale')), models.Q(models.Q(('reason', 'sale'), _negated=True), ('delivery_day', None)), _connector='OR'), name='stock_sold_says_for_which_day')],
            },
        ),
        migrations.CreateModel(
            name='PriceChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('old', models.DecimalField(decimal_places=4, max_digits=10, null=True)),
                ('new', models.DecimalField(decimal_places=4, max_digits=10)),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supply', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='price_changes', to='producers.supply')),
            ],
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('price', models.DecimalField(decimal_places=4, max_digits=10)),
                ('tariff', models.DecimalField(decimal_places=4, max_digits=10)),
                ('contribution', models.DecimalField(decimal_places=4, max_digits=10)),
                ('net', models.DecimalField(decimal_places=4, max_digits=10)),
                ('vat_rate', models.DecimalField(decimal_places=2, max_digits=4)),
                ('gross', models.DecimalField(decimal_places=2, max_digits=10)),
                ('listed', models.BooleanField(default=True)),
                ('closes_at', models.DateTimeField(blank=True, null=True)),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='network.deliveryday')),
                ('price_group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='network.pricegroup')),
                ('supply', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='producers.supply')),
                ('tiers', models.JSONField(blank=True, default=list)),
            ],
            options={
                'indexes': [models.Index(fields=['delivery_day', 'price_group'], name='offers_of_a_day_and_group')],
                'constraints': [models.UniqueConstraint(fields=('supply', 'delivery_day', 'price_group'), name='one_offer_per_supply_day_and_price_group'), models.CheckConstraint(condition=models.Q(('contribution__gte', 0), ('gross__gt', 0), ('net__gt', 0), ('price__gt', 0), ('tariff__gte', 0)), name='offer_prices_make_sense'), models.CheckConstraint(condition=django.db.models.lookups.Exact(models.F('net'), django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('price'), '+', models.F('tariff')), '+', models.F('contribution'))), name='offer_net_is_the_sum_of_its_parts')],
            },
        ),
        migrations.CreateModel(
            name='Findable',
            fields=[
                ('product', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='producers.product')),
                ('spelled', models.TextField()),
                ('words', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], name='products_by_word'), django.contrib.postgres.indexes.GinIndex(fields=['spelled'], name='products_by_spelling', opclasses=['gin_trgm_ops'])],
            },
        ),
        migrations.CreateModel(
            name='UnmetSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week_on', models.DateField()),
                ('words', models.CharField(max_length=40)),
                ('times', models.PositiveIntegerField(default=1)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unmet_searches', to='network.network')),
            ],
            options={
                'verbose_name_plural': 'unmet searches',
                'constraints': [models.UniqueConstraint(fields=('network', 'week_on', 'words'), name='unmet_search_once_a_week')],
            },
        ),
        migrations.CreateModel(
            name='Box',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('vegetables', 'vegetable box'), ('meat', 'meat package'), ('mixed', 'mixed box')], default='vegetables', max_length=10)),
                ('name', network.texts.Texts(blank=True, default=dict)),
                ('description', network.texts.Texts(blank=True, default=dict)),
                ('drawing', models.CharField(blank=True, max_length=20)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('network', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='boxes', to='network.network')),
                ('producer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='boxes', to='producers.producer')),
            ],
            options={
                'verbose_name_plural': 'boxes',
            },
        ),
        migrations.CreateModel(
            name='BoxSize',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', network.texts.Texts(blank=True, default=dict)),
                ('price', models.DecimalField(decimal_places=2, max_digits=8)),
                ('box', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sizes', to='producers.box')),
            ],
            options={
                'ordering': ['price', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('price__gt', 0)), name='box_size_price_positive')],
            },
        ),
        migrations.CreateModel(
            name='BoxContent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week_on', models.DateField(help_text='the Monday of the week of delivery')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='producers.product')),
                ('size', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contents', to='producers.boxsize')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('size', 'week_on', 'product'), name='box_holds_a_product_once_a_week'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='box_content_is_something')],
            },
        ),
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('price', models.DecimalField(decimal_places=4, max_digits=10)),
                ('from_quantity', models.DecimalField(decimal_places=3, default=0, max_digits=12)),
                ('period', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('price_group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreements', to='network.pricegroup')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreements', to='producers.product')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('from_quantity__gte', 0), ('price__gt', 0)), name='agreement_price_and_quantity_make_sense'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('product', '='), ('price_group', '='), ('from_quantity', '='), ('period', '&&')], name='one_agreement_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week_on', models.DateField()),
                ('source', models.CharField(choices=[('pasted', 'pasted'), ('file', 'file'), ('rule', 'changed at once')], max_length=6)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('upload', models.BinaryField(default=bytes)),
                ('result', models.JSONField(default=dict)),
                ('status', models.CharField(choices=[('waiting', 'being read'), ('ready', 'to look at'), ('applying', 'being applied'), ('applied', 'applied'), ('refused', 'refused')], default='waiting', max_length=8)),
                ('message', models.TextField(blank=True)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('producer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='producers.producer')),
            ],
        ),
        migrations.CreateModel(
            name='Pool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('threshold', models.DecimalField(decimal_places=3, max_digits=12)),
                ('decides_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('gathering', 'gathering orders'), ('on', 'goes on'), ('off', 'called off')], default='gathering', max_length=10)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('supply', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='pool', to='producers.supply')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('threshold__gt', 0)), name='pool_threshold_positive'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('status', 'gathering')), models.Q(('decided_at__isnull', False), ('status__in', ['on', 'off'])), _connector='OR'), name='decided_pool_says_when')],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20)),
                ('harvested_on', models.DateField()),
                ('keeps', models.CharField(choices=[('best_before', 'best before'), ('use_by', 'use by')], default='best_before', max_length=11)),
                ('keeps_until', models.DateField()),
                ('field', models.CharField(blank=True, max_length=60)),
                ('supplier', models.CharField(blank=True, max_length=120)),
                ('document', models.CharField(blank=True, max_length=60)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('made_at', models.DateTimeField(default=network.clock.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='producers.product')),
            ],
            options={
                'ordering': ['-harvested_on', '-pk'],
                'indexes': [models.Index(fields=['code'], name='lots_by_code')],
                'constraints': [models.UniqueConstraint(fields=('product', 'code'), name='lot_code_once_per_product'), models.CheckConstraint(condition=models.Q(('keeps_until__gte', models.F('harvested_on'))), name='lot_keeps_until_after_its_harvest'), models.CheckConstraint(condition=models.Q(('code', ''), _negated=True), name='lot_has_a_code')],
            },
        ),
        migrations.CreateModel(
            name='LotUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True)),
                ('delivery_day', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lot_uses', to='network.deliveryday')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='producers.lot')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('lot', 'delivery_day'), name='lot_once_per_delivery_day'), models.CheckConstraint(condition=models.Q(('quantity', None), ('quantity__gt', 0), _connector='OR'), name='lot_use_is_more_than_nothing')],
            },
        ),
        migrations.AddField(
            model_name='lot',
            name='days',
            field=models.ManyToManyField(related_name='lots', through='producers.LotUse', to='network.deliveryday'),
        ),
        *(
            operation
            for name in SQL
            for operation in import_module(f'producers.migrations.{name}').Migration.operations
            if isinstance(operation, migrations.RunSQL)
        ),
    ]
