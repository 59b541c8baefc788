"""Every text that a person reads goes through gettext, as a whole sentence."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from babel.messages import Catalog
from django.apps import apps
from django.conf import settings
from django.db.models import Choices
from django.template.base import Lexer, Token, TokenType
from django.utils.functional import Promise

from voicestudio.management import catalogues

TEMPLATES: Final = settings.BASE_DIR / "templates"
VALUE: Final = "\ue000"  # stands for what a template prints
QUOTED: Final = re.compile(r"""\"([^\"]*)\"|'([^']*)'""")
TAGS: Final = frozenset({TokenType.BLOCK, TokenType.VAR})
# Attributes that are read out or shown.
SPOKEN: Final = frozenset(
    {
        "alt", "aria-label", "aria-description", "aria-placeholder", "aria-roledescription",
        "aria-valuetext", "label", "placeholder", "summary", "title",
    }
)  # fmt: skip
# Attributes for scripts and styles whose values are words of the code. All others hold texts, which
# scripts show.
CODES: Final = frozenset(
    f"data-{name}"
    for name in """
    action announce choice column edge example-controls example-notes example-player for for-verdict
    insert key kind level-message loop-of message opens panel passkey place stages state step text
    upload-error zoom
    """.split()
)
# Languages are named as their readers name them.
OWN_NAMES: Final = frozenset(
    {"English", "中文", "Español", "Deutsch", "Français", "日本語", "Português", "OpenID"}
)
# Texts to read aloud into the recorder, one in each language.
READ_ALOUD: Final = TEMPLATES / "recordings" / "texts"
# Arguments of forms and models that people read.
LABELS: Final = frozenset(
    {"label", "help_text", "verbose_name", "verbose_name_plural", "empty_label", "headline"}
)
EAGER: Final = frozenset({"gettext", "ngettext", "pgettext", "npgettext"})


class TextFinder(HTMLParser):
    """Collects the texts of a page, and those of its spoken attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._code: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "code", "kbd"}:
            self._code.append(tag)
        self.texts += [value or "" for name, value in attrs if is_shown(name) and has_words(value)]

    def handle_endtag(self, tag: str) -> None:
        if self._code and self._code[-1] == tag:
            self._code.pop()

    def handle_data(self, data: str) -> None:
        if not self._code and has_words(data):
            self.texts.append(data.strip())


def is_shown(attribute: str) -> bool:
    return attribute in SPOKEN or (attribute.startswith("data-") and attribute not in CODES)


def has_words(text: str | None) -> bool:
    return any(letter.isalpha() for letter in (text or "").replace(VALUE, ""))


def find_texts(source: str) -> list[str]:
    """The texts of a template that stand outside of its translation tags."""
    finder = TextFinder()
    finder.feed("".join(read_markup(Lexer(source).tokenize())))
    finder.close()
    return [*finder.texts, *find_arguments(source)]


# A word with a capital letter, or two words.
TEXT: Final = re.compile(r"[A-Z][a-z]{2}|[a-z] [a-z]")


def find_arguments(source: str) -> list[str]:
    """Sentences that a template gives to a tag or a filter, as in `with text="No results"`."""
    tokens = (token for token in Lexer(source).tokenize() if token.token_type in TAGS)
    codes = (re.sub(r"\b_\([^)]*\)", "", token.contents) for token in tokens)
    return [
        text
        for code in codes
        if not code.startswith(("translate ", "blocktranslate "))
        for text in (first or second for first, second in re.findall(QUOTED, code))
        if TEXT.search(text) and not text.endswith(".html")
    ]


def read_markup(tokens: list[Token]) -> Iterator[str]:
    """The markup of a template without tags, comments and translated blocks."""
    closing = ""
    for token in tokens:
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK else ""
        if closing:
            closing = "" if name == closing else closing
        elif name in {"blocktranslate", "comment"}:
            closing = f"end{name}"
        elif token.token_type == TokenType.TEXT:
            yield token.contents
        elif token.token_type == TokenType.VAR:
            yield VALUE
        elif token.token_type == TokenType.BLOCK:
            yield " "  # what stands in the branches of an `if` is not one word


def find_untranslated(template: Path) -> list[str]:
    if template.parent == READ_ALOUD:
        return []
    return [text for text in find_texts(template.read_text()) if text not in OWN_NAMES]


def test_every_text_of_a_template_is_translated() -> None:
    found = {str(file): find_untranslated(file) for file in TEMPLATES.rglob("*.html")}
    assert {file: texts for file, texts in found.items() if texts} == {}


SPOKEN_VALUE: Final = re.compile(rf'\b(?:{"|".join((*SPOKEN, "data-announcement"))})="([^"]*)"')


def find_punctuation(source: str) -> list[str]:
    """Commas, colons and brackets outside of texts; Chinese and Japanese have others of them."""
    markup = "".join(read_markup(Lexer(source).tokenize()))
    shown = [*re.findall(SPOKEN_VALUE, markup), re.sub(r"<[^>]*>", "", markup)]
    return re.findall(rf"[,;()]|:(?![\d{VALUE}])", "\n".join(shown))


def test_punctuation_of_templates_is_translated() -> None:
    files = [file for file in TEMPLATES.rglob("*.html") if file.parent != READ_ALOUD]
    found = {str(file): find_punctuation(file.read_text()) for file in files}
    assert {file: signs for file, signs in found.items() if signs} == {}


@pytest.mark.parametrize(
    ("source", "signs"),
    [
        ("<b title='a, b'>{{ name }}</b>: {% translate 'Voice' %}", [":"]),
        ("{{ first }}, {{ second }} ({{ third }})", [",", "(", ")"]),
        ("{{ first }}{% comma %}{{ second }} · 0:00", []),
        ("<p data-id='a:b' aria-label=\"{% translate 'Play' %}: {{ name }}\"></p>", [":"]),
        ("<p aria-label=\"{% translate 'Play' %}{% colon %}{{ name }}\"></p>", []),
    ],
)
def test_punctuation_of_template_is_found(source: str, signs: list[str]) -> None:
    assert find_punctuation(source) == signs


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("<p>{% translate 'Voice' %} · {{ name }}</p>", []),
        ("<p>Voice {{ name }}</p>", [f"Voice {VALUE}"]),
        ("{% comment %}why{% endcomment %}{# why #}<code>KEY=x</code>", []),
        ("{% blocktranslate %}<b>{{ name }}</b> speaks{% endblocktranslate %}", []),
        ('<img alt="A wave" class="wave">', ["A wave"]),
        ('{% include "_empty.html" with text="nothing here" picture="clock" %}', ["nothing here"]),
        ("{{ voice.name|default:'Nobody' }}{{ at|date:'Y-m' }}{% f a=_('A b') %}", ["Nobody"]),
        ('<input placeholder="tags" data-state="failed" value="yes">', ["tags"]),
        (
            '<p data-count="rows: {count}" data-done="sent" data-sent="{{ x }}">',
            ["rows: {count}", "sent"],
        ),
        (
            '<a title="{{ name }}">{% if x %}Yes{% else %}{% translate "No" %}{% endif %}</a>',
            ["Yes"],
        ),
    ],
)
def test_text_outside_of_translation_is_found(source: str, texts: list[str]) -> None:
    assert find_texts(source) == texts


# Python -------------------------------------------------------------------------------------------


def gettext_names(tree: ast.Module) -> dict[str, str]:
    """The functions of gettext that a module imports, by the names that it gives them."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if "gettext" in alias.name
    }


def is_call_of(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def find_glued(tree: ast.Module) -> list[str]:
    """Sentences put together from a translated piece and something else."""
    names = {*gettext_names(tree)}
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add))
        if any(is_call_of(part, names) for part in ast.walk(node))
    ]


def find_early(tree: ast.Module) -> list[str]:
    """Texts that are translated while the module is imported, so in English for everybody."""
    names = {name for name, function in gettext_names(tree).items() if function in EAGER}
    return [ast.unparse(node) for node in walk_outside_functions(tree) if is_call_of(node, names)]


def walk_outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from walk_outside_functions(child)


def find_dynamic(tree: ast.Module) -> list[str]:
    """Calls whose text is not a literal, so that it is in no catalogue."""
    names = {*gettext_names(tree)}
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and is_call_of(node, names)
        if not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    ]


def find_bare_words(tree: ast.Module) -> list[str]:
    """Labels, help texts, choices, messages and errors that are plain strings."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    keywords = [keyword for call in calls for keyword in call.keywords]
    shown = [keyword.value for keyword in keywords if keyword.arg in LABELS]
    shown += [text for keyword in keywords for text in find_inner_texts(keyword, tree)]
    shown += [
        value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value in SPOKEN
    ]
    for call in calls:
        name = ast.unparse(call.func)
        if name.startswith("messages."):
            shown += call.args[1:]
        elif name.split(".")[-1] == "add_error":
            shown += call.args[1:2]
        elif name.split(".")[-1] == "ValidationError":
            shown += call.args[:1]
    return [ast.unparse(value) for value in shown if has_bare_words(value)]


def find_inner_texts(keyword: ast.keyword, tree: ast.Module) -> list[ast.expr]:
    """The texts of `choices=` (also of a constant of the module) and of `error_messages=`."""
    if keyword.arg == "error_messages" and isinstance(keyword.value, ast.Dict):
        return keyword.value.values
    if keyword.arg != "choices":
        return []
    constants = {
        ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target): node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    }
    choices = constants.get(ast.unparse(keyword.value)) or keyword.value
    pairs = [node for node in ast.walk(choices) if isinstance(node, ast.Tuple | ast.List)]
    return [pair.elts[1] for pair in pairs if len(pair.elts) == 2]


def has_bare_words(value: ast.expr) -> bool:
    """Whether this is text in the source; values beside each other, as f"{a}: {b}", are none."""
    parts = value.values if isinstance(value, ast.JoinedStr) else [value]
    texts = [part.value for part in parts if isinstance(part, ast.Constant)]
    return any(isinstance(text, str) and has_words(text) for text in texts)


@pytest.mark.parametrize("find", [find_glued, find_early, find_dynamic, find_bare_words])
def test_every_text_of_a_module_is_translated_whole(
    find: Callable[[ast.Module], list[str]],
) -> None:
    found = {str(file): find(ast.parse(file.read_bytes())) for file in catalogues.find_sources()}
    assert {file: texts for file, texts in found.items() if texts} == {}


SAMPLE: Final = """
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
"""


@pytest.mark.parametrize(
    ("find", "source"),
    [
        (find_glued, "def f(n): return f\"{n} {_('voices')}\""),
        (find_glued, "def f(n): return _('Voices of ') + n"),
        (find_early, "TITLE = _('Voices')"),
        (find_dynamic, "def f(x): return _(x)"),
        (find_bare_words, "forms.CharField(label='Name')"),
        (find_bare_words, "def f(r): messages.error(r, f'{r} failed')"),
        (find_bare_words, "def f(): raise forms.ValidationError('Too long')"),
        (find_bare_words, "forms.ChoiceField(choices=[('yes', 'it worked')])"),
        (find_bare_words, "WORKED = (('', lazy('None')), ('no', 'no'))\nf(choices=WORKED)"),
        (find_bare_words, "forms.CharField(error_messages={'required': 'type it first'})"),
        (find_bare_words, "forms.TextInput(attrs={'class': 'input', 'placeholder': 'tags'})"),
    ],
)
def test_text_that_cannot_be_translated_is_found(
    find: Callable[[ast.Module], list[str]], source: str
) -> None:
    assert len(find(ast.parse(SAMPLE + source))) == 1


@pytest.mark.parametrize("find", [find_glued, find_early, find_dynamic, find_bare_words])
@pytest.mark.parametrize(
    "source",
    [
        "def f(n): return _('%(n)s voices') % {'n': n}",
        "TITLE = lazy('Voices')",
        "forms.CharField(label=lazy('Name'))",
        "forms.ChoiceField(choices=(('no', lazy('No')), (1, name)))",
        "forms.TextInput(attrs={'class': 'input id'})",
        "def f(r, name, text): messages.error(r, f'{name}: {text}')",
    ],
)
def test_whole_translated_text_is_accepted(
    find: Callable[[ast.Module], list[str]], source: str
) -> None:
    assert find(ast.parse(SAMPLE + source)) == []


# Never shown, or the same in every language.
NOT_TRANSLATED: Final = frozenset({"CallKind", "Format", "Throttle"})


def test_labels_of_states_and_kinds_are_translated() -> None:
    """Django makes the labels that are missing from the names in the code: "FROM_MINIMAX"."""
    found = {
        f"{kind.__name__}.{member.name}"
        for model in apps.get_app_config("voicestudio").get_models()
        for kind in vars(sys.modules[model.__module__]).values()
        if isinstance(kind, type)
        and issubclass(kind, Choices)
        and kind.__name__ not in NOT_TRANSLATED
        for member in kind
        if not isinstance(member._label_, Promise)
    }
    assert found == set()


# Counts -------------------------------------------------------------------------------------------

# A value and the two words after it. Other languages have up to three forms of a noun. Scripts know
# one form only and write "Voices: {count}".
COUNTED: Final = re.compile(r"(?:%\((\w+)\)s|\{(\w+)\})[ \u00a0]([a-z]+(?: [a-z]+)?)\b")
PREPOSITIONS: Final = frozenset({"for", "from", "in", "of", "or", "to", "with"})


def find_nouns(texts: Catalog) -> set[str]:
    """The nouns in the plural of all texts that have plural forms: "voices", "speeches"."""
    nouns: set[str] = set()
    for message in texts:
        if message.pluralizable:
            one, many = ({*re.findall(r"[a-z]+", text)} for text in message.id)
            nouns |= {word for word in many - one if {word[:-1], word[:-2]} & one}
    return nouns


def find_counts(text: str, nouns: set[str]) -> list[str]:
    """Counts beside a noun in the plural, and `count` beside any word but those of a sum."""
    found = []
    for match in re.finditer(COUNTED, text):
        name, words = match[1] or match[2], match[3].split()
        counted = words[:1] if words[0] in PREPOSITIONS else words
        if nouns & {*counted} or (name == "count" and words[0] not in {"of", "or"}):
            found.append(match[0])
    return found


def test_every_count_has_plural_forms() -> None:
    texts = catalogues.extract_texts()
    nouns = find_nouns(texts) | {"hours", "rows", "seconds", "semitones", "tracks"}
    single = [message.id for message in texts if isinstance(message.id, str)]
    found = {text: find_counts(text, nouns) for text in single}
    assert {text: counts for text, counts in found.items() if counts} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("%(days)s voices", True),
        ("In all {number} audio tracks", True),
        ("%(count)s failed", True),
        ("Voices: {count}", False),
        ("%(count)s of %(limit)s", False),
        ("%(name)s was deleted with its voices", False),
    ],
)
def test_count_without_plural_forms_is_found(text: str, found: bool) -> None:
    assert bool(find_counts(text, {"voices", "tracks"})) == found


# Scripts and styles -------------------------------------------------------------------------------

SCRIPTS: Final = settings.BASE_DIR / "static" / "js"
STYLES: Final = settings.BASE_DIR / "static" / "css"
STRING: Final = re.compile(r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)""")
COMMENT: Final = re.compile(r"^\s*//.*$|(?<=[;,{}()\s])//\s.*$", re.MULTILINE)
INSERTED: Final = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")
# Two words beside each other; but selectors have a dot, a hash or a bracket before a name.
SENTENCE: Final = re.compile(r"[^\W\d_]{2,},? [^\W\d_]{2,}")
SELECTOR: Final = re.compile(r"[.#\[][\w-]")
# What is given to a property or an attribute that people read or hear.
SHOWN: Final = re.compile(
    r"\.(?:textContent|innerText|innerHTML|title|placeholder|alt|label|aria[A-Z]\w+)\s*\+?=([^=].*)"
    rf"|setAttribute\(\"(?:{'|'.join(SPOKEN)})\",(.*)\)|\b(?:alert|confirm|prompt)\((.*)\)"
)
ARGUMENTS: Final = re.compile(r"(?<=\w)\([^()]*\)")
SIDE: Final = re.compile(
    r"(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)\b"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b|[{;\s](?:left|right)\s*:"
)


def find_script_texts(source: str) -> list[str]:
    """Sentences, and single words that are shown. There is no parser of JavaScript at hand."""
    code = COMMENT.sub("", source)
    texts = [INSERTED.sub(VALUE, text) for text in STRING.findall(code)]
    found = [text for text in texts if SENTENCE.search(text) and not SELECTOR.search(text)]
    for match in SHOWN.finditer(code):
        shown = INSERTED.sub(VALUE, match[1] or match[2] or match[3])
        while ARGUMENTS.search(shown):
            shown = ARGUMENTS.sub("", shown)
        found += [text for text in STRING.findall(shown) if has_words(text)]
    return found


def test_scripts_have_no_texts() -> None:
    """Texts of scripts come from data attributes, which the server draws."""
    found = {file.name: find_script_texts(file.read_text()) for file in SCRIPTS.glob("*.js")}
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('const text = "Try again";', 1),
        ("show(`it took ${seconds} seconds`);", 1),
        ('label.textContent = "uploading";', 1),
        ('label.textContent = isOn ? "stop" : label.dataset.label;', 1),
        ('button.setAttribute("aria-label", "play");', 1),
        ("button.ariaLabel = `play ${name}`;", 1),
        ('if (confirm("sure?")) go();', 1),
        ('// Say "try again" here\nfind(".rows input"); add("is-open");', 0),
        ('label.textContent = bar.dataset.count.replace("{count}", count);', 0),
        ('time.textContent = `${minutes}:${String(rest).padStart(2, "0")}`;', 0),
    ],
)
def test_text_of_a_script_is_found(source: str, count: int) -> None:
    assert len(find_script_texts(source)) == count


def test_styles_name_no_side() -> None:
    """Start and end instead of left and right, so that pages can be read from right to left."""
    found = {file.name: SIDE.findall(file.read_text()) for file in STYLES.glob("*.css")}
    assert {name: sides for name, sides in found.items() if sides} == {}


@pytest.mark.parametrize("rule", ["margin-left: 1px", "text-align: right", "a { left: 0 }"])
def test_side_is_found(rule: str) -> None:
    assert SIDE.search(rule)
