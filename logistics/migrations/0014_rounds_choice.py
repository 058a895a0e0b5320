from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("logistics", "0012_bill_jobs")]

    operations = [
        migrations.AddField(
            model_name="transportchoice",
            name="repeats",
            field=models.BooleanField(
                default=False, help_text="also for the weeks after, until something else is chosen"
            ),
        ),
    ]
