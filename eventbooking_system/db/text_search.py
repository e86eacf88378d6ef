"""
Case-insensitive search for words in text.

Turning the text of every row into capitals takes most of the time of a search, so the database
stores the capitals beside the text.
"""

from django.db.models import Expression, GeneratedField, Q, TextField, Value
from django.db.models.functions import Cast, Concat, Upper


def capitals_of(*columns: str) -> GeneratedField:
    """Make a generated column with the capitals of other columns, one line for each."""
    text: Expression = Cast(columns[0], TextField())
    for column in columns[1:]:
        text = Concat(text, Value("\n", TextField()), Cast(column, TextField()))
    return GeneratedField(expression=Upper(text), output_field=TextField(), db_persist=True)


def has_word(column: str, word: str) -> Q:
    """
    Make the condition that a column of capitals contains a word.

    The database makes the word's capitals, too, as Python's may differ.
    """
    return Q((f"{column}__contains", Upper(Value(word, TextField()))))
