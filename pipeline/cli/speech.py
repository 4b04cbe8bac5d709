"""The terminal's language, and Typer's own texts in it.

It is that of `--lang`, else of the site's file, else of the locale. Typer words its titles and
errors in English: titles are replaced, errors are recognised by their English (`[usage]`) and said
anew.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.core.catalogue import (
    DEFAULT_LANGUAGE,
    LOG_LANGUAGE,
    Language,
    languages,
    sentence,
)
from pipeline.core.said import Said, recognised, said, worded
from pipeline.site.place import site_file

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
# Of a Typer without rich there are none to replace.
_TITLES = {
    "ARGUMENTS_PANEL_TITLE": "arguments_title",
    "OPTIONS_PANEL_TITLE": "options_title",
    "COMMANDS_PANEL_TITLE": "commands_title",
    "ERRORS_PANEL_TITLE": "error_title",
    "DEFAULT_STRING": "default",
    "REQUIRED_LONG_STRING": "required",
    "ENVVAR_STRING": "variable",
    "RICH_HELP": "try",
    "ABORTED_TEXT": "aborted",
}
_spoken: Language = LOG_LANGUAGE


def tongue() -> Language:
    """The language that this process speaks at the terminal."""
    return _spoken


def tell(text: str) -> str:
    """A sentence in the terminal's language."""
    return worded(text, _spoken)


def term(table: str, key: str) -> str:
    """A word of a table in the terminal's language; a key without one is shown as it is."""
    return sentence(table, key, _spoken) or key


def speak(language: Language) -> None:
    """Speak a language from now on, and lose no sentence to a terminal that lacks a character."""
    global _spoken
    _spoken = language
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def language_of(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Language:
    """The language to speak; a wrong `--lang` is refused later, by the command it is given to."""
    for said_language in (_given(arguments, "--lang"), _of_site(arguments, environment)):
        if said_language in languages():
            return str(said_language)
    return _of_locale(environment)


def _given(arguments: Sequence[str], option: str) -> str | None:
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        name, equals, value = argument.partition("=")
        if name == option:
            return value if equals else next(iter(arguments[place + 1 :]), None)
    return None


def _of_site(arguments: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """What the site's file says; a faulty one says nothing here."""
    given = _given(arguments, "--site")
    try:
        path = site_file(Path(given) if given else None, environment)
        if path is None:
            return None
        found = tomllib.loads(path.read_text("utf-8")).get("lang", DEFAULT_LANGUAGE)
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def _of_locale(environment: Mapping[str, str]) -> Language:
    name = next(filter(None, map(environment.get, _LOCALE)), None) or _of_windows()
    code = name.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return code if code in languages() else LOG_LANGUAGE


def _of_windows() -> str:
    """The language of Windows' own windows; "" elsewhere."""
    if sys.platform != "win32":
        return ""
    import ctypes
    import locale

    return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")


# --- Typer's help and errors


def show_fault(error: Any) -> None:
    """Print an error of Typer's with its usage line."""
    rich_utils = _word_titles()
    message = usage_fault(error)
    error.format_message = lambda: message
    rich_utils.rich_format_error(error)


def show_aborted() -> None:
    """Say that the user has broken off a question."""
    _word_titles().rich_abort_error()


def _word_titles() -> Any:
    """Typer's printer with our titles; late, because it loads more than a command needs."""
    from rich.columns import Columns
    from rich.text import Text
    from typer import rich_utils

    class Folding(Columns):
        """Breaks a line of Chinese, which has no spaces to be broken at."""

        def __init__(self, renderables: Any = None, **how: Any) -> None:
            super().__init__(renderables, **how)
            for one in self.renderables:
                if isinstance(one, Text):
                    one.overflow = "fold"

    setattr(rich_utils, "Columns", Folding)  # noqa: B010 - its own import, no name it offers
    for name, key in _TITLES.items():
        setattr(rich_utils, name, term("typer", key))
    return rich_utils


def word_help(command: Any, path: str) -> Any:
    """A command, and those in it, with help in the terminal's language.

    Args:
        command: Of Typer.
        path: Its names, "models pull".

    Returns:
        The command.
    """
    word_own_help(command, path)
    if not any("--lang" in param.opts for param in command.params) and not _commands(command):
        command.params.append(_lang_option())
        _word_parameters(command, path)
    for name, inner in _commands(command).items():
        word_help(inner, f"{path} {name}")
    return command


def word_own_help(command: Any, path: str) -> None:
    """A command alone, with help in the terminal's language."""
    command.help = term("command", path)
    command.context_class = _context(command.context_class)
    if command.options_metavar:
        command.options_metavar = term("typer", "options")
    if _commands(command):
        command.subcommand_metavar = term("typer", "command_args")
    _word_parameters(command, path)


def _word_parameters(command: Any, path: str) -> None:
    for param in command.params:
        own = sentence("option", f"{path} {param.name}", _spoken)
        param.help = own or sentence("option", param.name, _spoken)
        kind = _kind(param)
        if kind is not None and not param.metavar:
            param.display_type_rich = _shown(kind)


def _shown(kind: str) -> Callable[..., str]:
    return lambda **_: kind


def _kind(param: Any) -> str | None:
    """What an option takes, in a word; None where Typer's own says more: a choice, a range."""
    if getattr(param, "is_flag", False):
        return ""
    what = param.type_descriptor
    if what.is_choice or what.is_ranged:
        return None
    named = str(what.annotation)
    kind = "path" if "Path" in named else "number" if "int" in named or "float" in named else "text"
    return term("typer", kind)


def _commands(command: Any) -> dict[str, Any]:
    return getattr(command, "commands", {})


def _lang_option() -> Any:
    """`--lang` as one more option of a command."""

    def takes(lang: TerminalLang = None) -> None: ...

    around = typer.Typer(add_completion=False)
    around.command()(takes)
    option: Any = typer.main.get_command(around)
    (found,) = option.params
    found.expose_value = False
    return found


def _known(text: str | None) -> str | None:
    if text is not None and text not in languages():
        raise typer.BadParameter(said("fault.not_allowed", text=text, allowed=languages()))
    return text


# Of a command that writes nothing in a language: it is heeded before the command is.
TerminalLang = Annotated[str | None, typer.Option("--lang", callback=_known)]


def _context(base: Any) -> Any:
    """Typer's context, whose usage line begins in the terminal's language and names its help."""

    class Formatter(base.formatter_class):  # type: ignore[misc]
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, prefix or term("typer", "usage") + " ")

    class Context(base):  # type: ignore[misc]
        formatter_class = Formatter

        def __init__(self, command: Any, *rest: Any, **named: Any) -> None:
            super().__init__(command, *rest, **named)
            option = command.get_help_option(self)
            if option is not None:
                option.help = term("typer", "help")
                option.display_type_rich = _shown("")

        def get_help(self) -> str:
            _word_titles()
            return str(super().get_help())

    return Context


def usage_fault(error: Any) -> str:
    """What a usage error of Typer's says, in the terminal's language."""
    if isinstance(error.message, Said) and isinstance(error, typer.BadParameter):
        hint = error.param_hint or (error.param.get_error_hint() if error.param else "")
        name = hint if isinstance(hint, str) else ", ".join(hint)
        return tell(said("usage.invalid_for", name=name, why=error.message))
    return tell(recognised(" ".join(error.format_message().split()), "usage", "usage"))
