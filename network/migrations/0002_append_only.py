"""The database itself keeps the books: nothing booked or noted is ever altered, and every transaction sums to zero."""

from django.db import migrations

KEPT = ("network_posting", "network_transaction", "network_journalentry")

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: correct it with a new row', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""

BALANCE = """
CREATE FUNCTION transaction_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM network_posting posting JOIN network_account account ON account.id = posting.account_id
        WHERE posting.transaction_id = NEW.transaction_id GROUP BY account.currency HAVING sum(posting.amount) <> 0
    ) THEN
        RAISE EXCEPTION 'transaction % does not sum to zero', NEW.transaction_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("network", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION refuse_change"),
        *[
            migrations.RunSQL(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
                f"DROP TRIGGER append_only ON {table}",
            )
            for table in KEPT
        ],
        migrations.RunSQL(BALANCE, "DROP FUNCTION transaction_sums_to_zero"),
        migrations.RunSQL(
            "CREATE CONSTRAINT TRIGGER sums_to_zero AFTER INSERT ON network_posting DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION transaction_sums_to_zero()",
            "DROP TRIGGER sums_to_zero ON network_posting",
        ),
    ]
