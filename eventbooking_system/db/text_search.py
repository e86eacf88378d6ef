"""
Text in which words are looked for, in any case.

To turn the text of every row into capitals takes most of what it takes to look for a word, so the
database stores them beside it.
"""

from django.db.models import Expression, GeneratedField, Q, TextField, Value
from django.db.models.functions import Cast, Concat, Upper


def capitals_of(*columns: str) -> GeneratedField:
    """A column with the capitals of others, a line each: no word, which has no spaces, spans two."""
    text: Expression = Cast(columns[0], TextField())
    for column in columns[1:]:
        text = Concat(text, Value("\n", TextField()), Cast(column, TextField()))
    return GeneratedField(expression=Upper(text), output_field=TextField(), db_persist=True)


def has_word(column: str, word: str) -> Q:
    """Whether a column of capitals has a word. The database makes its capitals, too: they differ."""
    return Q((f"{column}__contains", Upper(Value(word, TextField()))))
