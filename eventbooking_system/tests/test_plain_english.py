"""A check of the language of docstrings, comments, shown texts and documents."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLEAN = [
    "*.md",
    ".ci",
    ".env.example",
    "Makefile",
    "audit",
    "benchmarks",
    "bookings",
    "box_office",
    "deploy",
    "docs",
    "events",
    "eventbooking_system",
    "reports",
    "shows",
    "users",
    "venues",
]
"""The paths that are checked. Add yours once it passes."""

BANNED = re.compile(
    r"\b(?:Of|Who|Whose|Those)\b(?![^.!?]*\?)|\bWhat\b(?![^.!]*\?)"
    r"|(?i:\b(?:be it|or else|as far as|has none that|so many|reservations?)\b)"
)
MAX_WORDS = 12
"""The words of a docstring's first sentence."""

NOUN_PHRASE = re.compile(
    r"(?:A|All|An|Another|As|By|Each|Every|For|How|In|It|No|Nothing|One|Some|The|Three|Two|Whether|With)\b"
    r"|[A-Z][a-z]*[^su]s\b|[^A-Z]"
)
"""The beginnings that suit a property or a class, but no function."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SHOWN = {"description", "help_text", "label", "summary", "verbose_name", "verbose_name_plural"}
"""The arguments that staff and readers of the API document see. Old migrations keep their texts."""

TRANSLATE = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
SUFFIXES = {".py", ".md", ".js", ".css", ".html", ".example", ""}


def faults(path: Path) -> Iterator[str]:
    """Yield each fault of a file with its place."""
    source = path.read_text()
    tree = ast.parse(source) if path.suffix == ".py" else None
    found = [
        (line, "has a phrase that readers stumble over", text)
        for line, text in prose(path, source, tree)
        if BANNED.search(text)
    ]
    for node, line, sentence in first_sentences(tree) if tree else ():
        if len(sentence.split()) > MAX_WORDS:
            found.append((line, "begins with a long sentence", sentence))
        if is_function(node) and NOUN_PHRASE.match(sentence):
            found.append((line, "begins without a verb", sentence))
    for line, fault, text in found:
        yield f"{path.relative_to(ROOT)}:{line}: {fault}: {text.strip()}"


def prose(path: Path, source: str, tree: ast.Module | None) -> Iterator[tuple[int, str]]:
    """Yield each comment, docstring, shown text or paragraph with its line number."""
    if tree:
        yield from comments(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                yield node.lineno, str(node.value.value)
            if is_shown(node) and "migrations" not in path.parts:
                for text in ast.walk(node):
                    if isinstance(text, ast.Constant):
                        yield text.lineno, str(text.value)
    elif path.suffix in {".js", ".css"}:
        for found in re.finditer(r"(?m)(?:^|\s)//(.*)$|/\*([\s\S]*?)\*/", source):
            yield source[: found.start()].count("\n") + 1, found.group(0)
    else:
        source = re.sub(
            r"```[\s\S]*?```|`[^`\n]*`", lambda m: "\n" * m.group(0).count("\n"), source
        )
        yield from enumerate(source.splitlines(), 1)


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield the comments, or none if no line has a banned phrase."""
    lines = [line for line in source.split("\n") if "#" in line]
    if any(BANNED.search(line, line.index("#")) for line in lines):  # The tokenizer is slow.
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def is_shown(node: ast.AST) -> bool:
    """Tell whether a node is an argument or translation that people see."""
    if isinstance(node, ast.keyword):
        return node.arg in SHOWN
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in TRANSLATE


def files(pattern: str) -> list[Path]:
    found = [each for path in ROOT.glob(pattern) for each in (path, *path.rglob("*"))]
    return [each for each in found if each.is_file() and each.suffix in SUFFIXES]


def first_sentences(tree: ast.Module) -> Iterator[tuple[ast.AST, int, str]]:
    """
    Yield each documented node, its docstring's line number, and the first sentence.

    A text below a constant documents the constant. It stands for itself as the node.
    """
    kinds = (ast.Module, ast.ClassDef, *FUNCTIONS)
    for node in ast.walk(tree):
        for index, text in enumerate(node.body if isinstance(node, kinds) else ()):
            if isinstance(text, ast.Expr) and isinstance(getattr(text.value, "value", None), str):
                paragraph = " ".join(text.value.value.strip().split("\n\n")[0].split())
                sentence = re.split(r"(?<=[.!?])\s+(?=[A-Z`“])", paragraph)[0]
                yield text if index else node, text.lineno, sentence


def is_function(node: ast.AST) -> bool:
    """Tell whether a node is a function, not a property or test."""
    if not isinstance(node, FUNCTIONS) or node.name.startswith("test_"):
        return False
    return not any(ast.unparse(each).endswith("property") for each in node.decorator_list)


@pytest.mark.parametrize("pattern", CLEAN)
def test_texts_have_no_banned_phrase_and_docstrings_begin_short_and_with_a_verb(pattern):
    assert files(pattern)
    assert [fault for path in files(pattern) for fault in faults(path)] == []


def test_the_check_reads_the_first_sentence_of_each_docstring():
    source = 'def f():\n    """One two. Three.\n\n    Four."""\nclass C:\n    """Five."""\n    a = 1\n    """Six."""'
    assert [sentence for *_, sentence in first_sentences(ast.parse(source))] == [
        "One two.",
        "Five.",
        "Six.",
    ]


def test_the_check_finds_a_docstring_without_a_verb():
    assert all(NOUN_PHRASE.match(text) for text in ("All rows.", "Tickets of a show.", "of a show"))
    assert not any(NOUN_PHRASE.match(text) for text in ("Pass a ticket on.", "Focus a seat."))


def test_the_check_finds_a_banned_beginning_and_allows_a_question():
    assert BANNED.search("Of each show.") and BANNED.search("What is free, be it held or not.")
    assert not BANNED.search("What does a hold promise?")
