from django.core.validators import FileExtensionValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("producers", "0006_supply_forms")]

    operations = [
        migrations.AddField(
            "product",
            "photo_small",
            models.ImageField(
                blank=True, editable=False, upload_to="products/", validators=[FileExtensionValidator(["webp"])]
            ),
        ),
    ]
