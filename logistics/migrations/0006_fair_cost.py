
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import logistics.models.outlook
import network.clock
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


def all_of_it_was_collection(apps, schema_editor):
    """Until now one game shared all rounds of a day."""
    apps.get_model("logistics", "CostShare").objects.update(collection=models.F("share"))


class Migration(migrations.Migration):

    dependencies = [
        ('logistics', '0005_paper_private_storage'),
        ('network', '0004_fund_accounts'),
        ('producers', '0002_rounds_grow'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CollegeRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('college', models.CharField(choices=[('producers', 'producers'), ('consumers', 'consumers'), ('outlets', 'outlets'), ('workers', 'workers')], max_length=10)),
                ('weight', models.DecimalField(decimal_places=3, max_digits=4)),
                ('quorum', models.DecimalField(decimal_places=3, max_digits=4)),
            ],
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
            ],
            options={
                'ordering': ['cost_run', 'pk'],
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
            ],
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('raised_at', models.DateTimeField(default=network.clock.now)),
                ('text', models.TextField(max_length=2000, verbose_name='what is wrong')),
                ('answer', models.TextField(blank=True, max_length=2000, verbose_name='answer')),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['raised_at'],
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
            ],
            options={
                'ordering': ['-made_at'],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='euro to give back')),
                ('booked_at', models.DateTimeField(default=network.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=network.clock.now)),
                ('text', models.TextField(max_length=2000, verbose_name='remark')),
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
            ],
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
            ],
            options={
                'ordering': ['-made_at'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='costrun',
            name='cost_is_billed_or_launch_gap',
        ),
        migrations.RemoveConstraint(
            model_name='costshare',
            name='cost_share_not_negative',
        ),
        migrations.AddField(
            model_name='costrun',
            name='corrected_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='costrun',
            name='fund',
            field=models.DecimalField(decimal_places=2, default=0, max_digits=12),
        ),
        migrations.AddField(
            model_name='costrun',
            name='number',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='costrun',
            name='reason',
            field=models.CharField(blank=True, help_text='why the day was shared again', max_length=200),
        ),
        migrations.AddField(
            model_name='costrun',
            name='tau',
            field=models.DecimalField(decimal_places=3, default=0, max_digits=4),
        ),
        migrations.AddField(
            model_name='costshare',
            name='collection',
            field=models.DecimalField(decimal_places=2, default=0, max_digits=10),
        ),
        migrations.AddField(
            model_name='costshare',
            name='distribution',
            field=models.DecimalField(decimal_places=2, default=0, max_digits=10),
        ),
        migrations.AddField(
            model_name='costshare',
            name='fund',
            field=models.DecimalField(decimal_places=2, default=0, max_digits=10),
        ),
        migrations.AlterField(
            model_name='costrun',
            name='delivery_day',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cost_runs', to='network.deliveryday'),
        ),
        migrations.RunPython(all_of_it_was_collection, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='costrun',
            constraint=models.UniqueConstraint(fields=('delivery_day', 'number'), name='cost_run_number_once_per_day'),
        ),
        migrations.AddConstraint(
            model_name='costrun',
            constraint=models.UniqueConstraint(condition=models.Q(('corrected_at', None)), fields=('delivery_day',), name='one_current_cost_run_per_day'),
        ),
        migrations.AddConstraint(
            model_name='costrun',
            constraint=models.CheckConstraint(condition=models.Q(('billed__gte', 0), ('cost', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('billed'), '+', models.F('launch_gap')), '+', models.F('fund'))), ('launch_gap__gte', 0)), name='cost_is_billed_or_launch_gap_or_fund'),
        ),
        migrations.AddConstraint(
            model_name='costshare',
            constraint=models.CheckConstraint(condition=models.Q(('collection__gte', 0), ('distribution__gte', 0), ('own__gte', 0), ('share__gte', 0)), name='cost_share_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='costshare',
            constraint=models.CheckConstraint(condition=models.Q(('share', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('distribution'), '+', models.F('collection')), '-', models.F('fund')))), name='cost_share_is_its_parts'),
        ),
        migrations.AddField(
            model_name='collegerule',
            name='network',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='college_rules', to='network.network'),
        ),
        migrations.AddField(
            model_name='costgame',
            name='cost_run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='games', to='logistics.costrun'),
        ),
        migrations.AddField(
            model_name='costterms',
            name='network',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cost_terms', to='network.network'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='answered_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='dispute',
            name='raised_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='dispute',
            name='share',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='logistics.costshare'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposal',
            name='network',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='network.network'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='terms',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='proposal', to='logistics.costterms'),
        ),
        migrations.AddField(
            model_name='refund',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='refund',
            name='network',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='network.network'),
        ),
        migrations.AddField(
            model_name='remark',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='remark',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='remarks', to='logistics.proposal'),
        ),
        migrations.AddField(
            model_name='scenario',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='scenario',
            name='delivery_day',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scenarios', to='network.deliveryday'),
        ),
        migrations.AddField(
            model_name='vote',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='vote',
            name='membership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='network.membership'),
        ),
        migrations.AddField(
            model_name='vote',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='votes', to='logistics.proposal'),
        ),
        migrations.AddField(
            model_name='whatif',
            name='network',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='what_ifs', to='network.network'),
        ),
        migrations.AddConstraint(
            model_name='collegerule',
            constraint=models.UniqueConstraint(fields=('network', 'college'), name='one_rule_per_college'),
        ),
        migrations.AddConstraint(
            model_name='collegerule',
            constraint=models.CheckConstraint(condition=models.Q(('quorum__gte', 0), ('quorum__lte', 1), ('weight__gt', 0), ('weight__lte', 1)), name='college_rule_is_fractions'),
        ),
        migrations.AddConstraint(
            model_name='costgame',
            constraint=models.UniqueConstraint(fields=('cost_run', 'kind'), name='one_cost_game_per_run_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='costgame',
            constraint=models.CheckConstraint(condition=models.Q(('cost__gte', 0), ('eps_star__gte', 0), ('subsidy__gte', 0), ('tau__gte', 0)), name='cost_game_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='costterms',
            constraint=models.UniqueConstraint(fields=('network', 'from_week'), name='one_set_of_cost_terms_per_week'),
        ),
        migrations.AddConstraint(
            model_name='costterms',
            constraint=models.CheckConstraint(condition=models.Q(('solidarity__gte', 0), ('solidarity__lte', 1), ('tau__gte', 0), ('tau__lte', 1)), name='cost_terms_are_fractions'),
        ),
        migrations.AddConstraint(
            model_name='costterms',
            constraint=models.CheckConstraint(condition=models.Q(('crates__gte', 1), ('per_day__gte', 0), ('per_hour__gte', 0), ('per_km__gte', 0)), name='standard_van_rates_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='costterms',
            constraint=models.CheckConstraint(condition=models.Q(('from_week', None), ('from_week__iso_week_day', 1), _connector='OR'), name='cost_terms_begin_on_monday'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.UniqueConstraint(condition=models.Q(('answered_at', None)), fields=('share',), name='one_open_dispute_per_bill'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='dispute_answer_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('made_at'))), name='vote_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('status', 'open')), models.Q(models.Q(('status', 'open'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='proposal_is_decided_once'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(fields=('network', 'year'), name='one_refund_per_year'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.UniqueConstraint(fields=('proposal', 'membership'), name='one_member_one_vote'),
        ),
    ]
