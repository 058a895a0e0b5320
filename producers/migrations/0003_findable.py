"""
Products are found by their words: stemmed in Dutch, French and English without accents, and as they are spelled. Triggers keep
the words of a product, whoever changes its name, its farm's or the municipality's.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

LANGUAGES = {"nl": "dutch", "fr": "french", "en": "english"}

# Words people use for a category, beside the names of what is in it: Dutch, French, English.
KINDS = """
CREATE FUNCTION words_of_category(category text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT CASE category
    WHEN 'vegetables' THEN 'groente groenten légume légumes vegetable vegetables'
    WHEN 'fruit' THEN 'fruit fruits'
    WHEN 'dairy' THEN 'zuivel crèmerie laitiers dairy'
    WHEN 'bread' THEN 'brood bakker bakkerij pain boulanger boulangerie bread bakery'
    WHEN 'meat' THEN 'vlees viande viandes meat'
    WHEN 'pantry' THEN 'voorraad voorraadkast épicerie pantry'
    WHEN 'drinks' THEN 'drank dranken boisson boissons drink drinks'
    WHEN 'plants' THEN 'plant planten bloem bloemen plante plantes fleur fleurs plants flowers'
    ELSE '' END
$$
"""

STEMS = " || ".join(f"to_tsvector('kouter_{code}', {{text}})" for code in LANGUAGES)

WORDS = f"""
CREATE VIEW producers_words AS
SELECT product.id AS product_id, producer.id AS producer_id, organisation.id AS organisation_id, organisation.place_id,
    trim(regexp_replace(lower(unaccent(concat_ws(' ', product.name->>'nl', product.name->>'fr', product.name->>'en',
        farm.words, kind.words))), '[^[:alnum:]]+', ' ', 'g')) AS spelled,
    setweight(to_tsvector('kouter_nl', coalesce(product.name->>'nl', '')) || to_tsvector('kouter_fr', coalesce(product.name->>'fr', ''))
        || to_tsvector('kouter_en', coalesce(product.name->>'en', '')), 'A')
    || setweight({STEMS.format(text="farm.words")}, 'C')
    || setweight({STEMS.format(text="kind.words")}, 'D') AS words
FROM producers_product product
JOIN producers_producer producer ON producer.id = product.producer_id
JOIN network_organisation organisation ON organisation.id = producer.organisation_id
LEFT JOIN network_place place ON place.id = organisation.place_id
CROSS JOIN LATERAL (SELECT concat_ws(' ', organisation.name, place.municipality) AS words) farm
CROSS JOIN LATERAL (SELECT concat_ws(' ', words_of_category(product.category),
    CASE WHEN producer.organic_body <> '' THEN 'bio biologisch biologique organic' END) AS words) kind
"""

NOTE = """
CREATE FUNCTION note_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO producers_findable AS known (product_id, spelled, words)
    SELECT product_id, spelled, words FROM producers_words WHERE {column} = NEW.id ORDER BY product_id
    ON CONFLICT (product_id) DO UPDATE SET spelled = EXCLUDED.spelled, words = EXCLUDED.words
    WHERE (known.spelled, known.words) IS DISTINCT FROM (EXCLUDED.spelled, EXCLUDED.words);
    RETURN NULL;
END
$$
"""

# Whose change is noted: the table, the column of the view, when, and what differs.
WATCHED = [
    ("producers_product", "product_id", "INSERT", ""),
    (
        "producers_product",
        "product_id",
        "UPDATE",
        "(OLD.name, OLD.category, OLD.producer_id) IS DISTINCT FROM (NEW.name, NEW.category, NEW.producer_id)",
    ),
    (
        "producers_producer",
        "producer_id",
        "UPDATE",
        "(OLD.organic_body, OLD.organisation_id) IS DISTINCT FROM (NEW.organic_body, NEW.organisation_id)",
    ),
    (
        "network_organisation",
        "organisation_id",
        "UPDATE",
        "(OLD.name, OLD.place_id) IS DISTINCT FROM (NEW.name, NEW.place_id)",
    ),
    ("network_place", "place_id", "UPDATE", "OLD.municipality IS DISTINCT FROM NEW.municipality"),
]


def configurations():
    """Each language's own stemmer, after the accents are taken off."""
    for code, language in LANGUAGES.items():
        yield migrations.RunSQL(
            f"CREATE TEXT SEARCH CONFIGURATION kouter_{code} (COPY = {language})",
            f"DROP TEXT SEARCH CONFIGURATION kouter_{code}",
        )
        yield migrations.RunSQL(
            f"ALTER TEXT SEARCH CONFIGURATION kouter_{code} ALTER MAPPING FOR hword, hword_part, word "
            f"WITH unaccent, {language}_stem",
            migrations.RunSQL.noop,
        )


def triggers():
    for column in ("product_id", "producer_id", "organisation_id", "place_id"):
        function = f"note_words_of_{column.removesuffix('_id')}"
        yield migrations.RunSQL(
            NOTE.replace("note_words()", f"{function}()").replace("{column}", column), f"DROP FUNCTION {function}"
        )
    for table, column, moment, when in WATCHED:
        name = f"words_after_{moment.lower()}"
        yield migrations.RunSQL(
            f"CREATE TRIGGER {name} AFTER {moment} ON {table} FOR EACH ROW {f'WHEN ({when})' if when else ''} "
            f"EXECUTE FUNCTION note_words_of_{column.removesuffix('_id')}()",
            f"DROP TRIGGER {name} ON {table}",
        )


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0004_fund_accounts"),
        ("producers", "0002_rounds_grow"),
    ]

    operations = [
        *configurations(),
        migrations.RunSQL(KINDS, "DROP FUNCTION words_of_category"),
        migrations.RunSQL(WORDS, "DROP VIEW producers_words"),
        migrations.CreateModel(
            name="Findable",
            fields=[
                ("product", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to="producers.product")),
                ("spelled", models.TextField()),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["words"], name="products_by_word"),
                    django.contrib.postgres.indexes.GinIndex(fields=["spelled"], name="products_by_spelling", opclasses=["gin_trgm_ops"]),
                ]
            },
        ),
        migrations.CreateModel(
            name="UnmetSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("week_on", models.DateField()),
                ("words", models.CharField(max_length=40)),
                ("times", models.PositiveIntegerField(default=1)),
                ("network", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="unmet_searches", to="network.network")),
            ],
            options={
                "verbose_name_plural": "unmet searches",
                "constraints": [models.UniqueConstraint(fields=("network", "week_on", "words"), name="unmet_search_once_a_week")],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO producers_findable (product_id, spelled, words) SELECT product_id, spelled, words FROM producers_words",
            migrations.RunSQL.noop,
        ),
        *triggers(),
    ]
