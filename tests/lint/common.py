"""What the lints share: where the sources are, and how a lint tells what it found."""
import os
import pathlib
import sys

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
SKIPPED = 77  # automake's word for a test that could not run


def files(*patterns):
    return sorted(path for pattern in patterns for path in TOP.glob(pattern) if path.is_file())


def c_files():
    return files("include/*.h", "src/**/*.[ch]", "tests/**/*.[ch]")


def finish(faults, looked_at):
    """Prints every fault as file:line: sentence and ends the program."""
    for path, line, sentence in faults:
        print(f"{path.relative_to(TOP) if path.is_absolute() else path}:{line}: {sentence}")
    print(f"{looked_at} looked at, {len(faults)} faults")
    sys.exit(1 if faults or not looked_at else 0)


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)
