"""What a basket asked for before its hour was over is remembered."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0002_documents_immutable'),
        ('producers', '0002_rounds_grow'),
    ]

    operations = [
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
    ]
