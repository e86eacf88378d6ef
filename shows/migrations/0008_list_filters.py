"""Columns for the filters of shows. They hold the range of prices, and the seat that sells last."""

from django.db import migrations, models
from django.db.models import Max, Min, OuterRef, Subquery


def note(apps, schema_editor):
    Show = apps.get_model("shows", "Show")
    ShowPrice = apps.get_model("shows", "ShowPrice")
    ShowSeat = apps.get_model("shows", "ShowSeat")
    prices = ShowPrice.objects.filter(show=OuterRef("pk")).order_by().values("show")
    priced = Show.objects.filter(models.Exists(ShowPrice.objects.filter(show=OuterRef("pk"))))
    priced.update(
        lowest_price=Subquery(prices.annotate(amount=Min("amount")).values("amount")),
        highest_price=Subquery(prices.annotate(amount=Max("amount")).values("amount")),
    )
    stock = ShowSeat.objects.filter(show=OuterRef("pk")).order_by("-seat")
    last = Show.objects.order_by().annotate(last=Subquery(stock.values("pk")[:1])).values("last")
    ShowSeat.objects.filter(pk__in=last).update(sells_last=True)


def amount():
    return models.DecimalField(decimal_places=3, default=0, editable=False, max_digits=14)


class Migration(migrations.Migration):

    dependencies = [("shows", "0007_released_at")]

    operations = [
        migrations.AddField("show", "lowest_price", amount(), preserve_default=False),
        migrations.AddField("show", "highest_price", amount(), preserve_default=False),
        migrations.AddField(
            "showseat",
            "sells_last",
            models.BooleanField(
                default=False,
                editable=False,
                help_text="One seat of each show, probably its last: while it is available, the show "
                "is not sold out, and none of the others need be asked.",
            ),
        ),
        migrations.RunPython(note, migrations.RunPython.noop),
    ]
