"""The command `sxgeo completion`: a script that lets a shell complete commands, options and known
values.

It is made from the parser itself, so that it knows what the parser knows; the shell needs no
Python to run it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from ..boundaries.zone_table import list_zones
from ..dossier.outline import TEMPLATES
from ..layers.classes import CLASS_IDS, EXTRA_CLASS_IDS
from ..wording import PROJECT_TYPES
from .examples import commands_of
from .parser import build_parser
from .terminal import emit

Words = Mapping[str, tuple[str, ...]]
"""By a command (its words with a space between, empty for none), or a command and an option."""


def completion(args: argparse.Namespace) -> int:
    """Write the script of a shell to standard output; return 0."""
    words, values = known_words(build_parser())
    emit(_SCRIPTS[args.shell](words, values), None)
    return 0


def known_words(parser: argparse.ArgumentParser) -> tuple[Words, Words]:
    """Return the words that may follow a command, and those that an option of it takes.

    An option that takes a file or free text is there with no words: what follows is completed as a
    file.
    """
    words: dict[str, tuple[str, ...]] = {"": _words(parser)}
    values: dict[str, tuple[str, ...]] = {}
    for path, sub in commands_of(parser):
        command = " ".join(path)
        words[command] = _words(sub)
        for option, taken in _values(sub):
            values[f"{command} {option}"] = taken
    return words, values


def _words(parser: argparse.ArgumentParser) -> tuple[str, ...]:
    """Commands, options, and values of positional arguments."""
    found: list[str] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += action.choices
        elif action.option_strings:
            found += action.option_strings
        else:
            found += action.choices or _known().get(action.dest, ())

    # each word once, in the order in which the help lists them
    return tuple(dict.fromkeys(map(str, found)))


def _values(parser: argparse.ArgumentParser) -> Iterator[tuple[str, tuple[str, ...]]]:
    for action in parser._actions:
        # a switch takes nothing, so nothing that follows it is its value
        if not action.option_strings or action.nargs == 0:
            continue
        taken = tuple(
            map(
                str,
                action.choices or _known().get(action.dest, ()),
            )
        )
        for option in action.option_strings:
            yield option, taken


def _known() -> Mapping[str, tuple[str, ...]]:
    """Values of arguments that the parser leaves to the library, by the name of the argument."""
    classes = (*CLASS_IDS, *EXTRA_CLASS_IDS)
    return {
        "zone": tuple(list_zones()["zone_id"]),
        "project_type": ("help", *PROJECT_TYPES),
        "classes": classes,
        "resource_class": classes,
        "template": ("help", *TEMPLATES),
    }


def _bash(words: Words, values: Words) -> str:
    def cases(table: Words) -> str:
        return "\n".join(f'    "{key}") echo "{" ".join(told)}" ;;' for key, told in table.items())

    return f"""# sxgeo 补全 completion; source it from ~/.bashrc
_sxgeo_words() {{
  case "$1" in
{cases(words)}
  esac
}}
_sxgeo_values() {{
  case "$1" in
{cases(values)}
    *) echo "-" ;;
  esac
}}
_sxgeo() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" command="" word longer taken
  local -i n
  for ((n = 1; n < COMP_CWORD; n++)); do
    word="${{COMP_WORDS[n]}}"
    longer="${{command:+$command }}$word"
    [ -n "$(_sxgeo_words "$longer")" ] && command="$longer"
  done
  COMPREPLY=()
  taken="$(_sxgeo_values "$command ${{COMP_WORDS[COMP_CWORD-1]}}")"
  if [ "$taken" = "-" ]; then
    COMPREPLY=($(compgen -W "$(_sxgeo_words "$command")" -- "$current"))
  elif [ -n "$taken" ]; then
    COMPREPLY=($(compgen -W "$taken" -- "$current"))
    return
  fi
  if [ "${{current#-}}" = "$current" ] && [ -n "$command" ]; then
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}}
complete -o filenames -o bashdefault -F _sxgeo sxgeo
"""


def _zsh(words: Words, values: Words) -> str:
    return f"autoload -U +X bashcompinit && bashcompinit\n{_bash(words, values)}"


def _powershell(words: Words, values: Words) -> str:
    def table(told: Words) -> str:
        rows = (f"    '{key}' = '{' '.join(own)}'" for key, own in told.items())
        return "@{\n" + "\n".join(rows) + "\n  }"

    return f"""# sxgeo 补全 completion; keep it in $PROFILE
Register-ArgumentCompleter -Native -CommandName sxgeo -ScriptBlock {{
  param($current, $ast, $position)
  $words = {table(words)}
  $values = {table(values)}
  $typed = @($ast.CommandElements | ForEach-Object {{ $_.ToString() }} | Select-Object -Skip 1)
  if ($current -and $typed.Count) {{ $typed = @($typed | Select-Object -SkipLast 1) }}
  $command = ''
  foreach ($word in $typed) {{
    $next = "$command $word".Trim()
    if ($words.ContainsKey($next)) {{ $command = $next }}
  }}
  $last = if ($typed.Count) {{ $typed[-1] }} else {{ '' }}
  $key = "$command $last"
  $told = if ($values.ContainsKey($key)) {{ $values[$key] }} else {{ $words[$command] }}
  $told -split ' ' | Where-Object {{ $_ -and $_ -like "$current*" }} | ForEach-Object {{
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }}
}}
"""


_SCRIPTS = {
    "bash": _bash,
    "zsh": _zsh,
    "powershell": _powershell,
}
