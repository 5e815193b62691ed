"""The command line: parse, call one library function, print, return a code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..errors import InputError, SxgeoError
from ..files.writing import refuse_inputs
from .overview import OVERVIEW
from .parser import build_parser
from .terminal import (
    Terminated,
    complain,
    emit,
    find_workspace,
    forsaken,
    inputs_of,
    open_streams,
    stopped_whole,
    talking,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv
        Arguments without the program's name; None takes those of the process.

    Returns
    -------
    int
        The exit code: 0 done, 2 wrong usage, 3 bad input, 4 broken bundled data, 5 no answer;
        `check` answers 10 conflict, 11 undetermined, 12 not screened, 13 regulated, 0 clear.
    """
    open_streams()
    args = build_parser().parse_args(argv)
    try:
        with stopped_whole(), talking(vars(args).get("talk", "")):
            return _run(args)
    except SxgeoError as error:
        complain(str(error))
        return error.exit_code
    except BrokenPipeError:  # the reader went away before it had the answer: that is no verdict
        forsaken()
        return InputError.exit_code
    except KeyboardInterrupt:
        complain("interrupted; nothing was left half written")
        return 130
    except Terminated:
        complain("terminated; nothing was left half written")
        return 143
    except OSError as error:
        complain(f"cannot write: {error}")
        forsaken()
        return InputError.exit_code


def _run(args: argparse.Namespace) -> int:
    """Run one command; what it writes must be none of what it reads."""
    if args.command is None:
        emit(OVERVIEW, None)
        return 0
    find_workspace(args)

    # before the run: afterwards the input would be gone
    refuse_inputs(getattr(args, "output", None), inputs_of(args))
    refuse_inputs(getattr(args, "map", None), inputs_of(args))
    code = int(args.run(args))

    # a full disk or a closed pipe shows when the last words are sent: within the errors above
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())
