"""The tally: one line for each check, and a count at the end.

A check that fails is told with what was expected and what was seen, and the story goes on, so that one
run shows everything that is wrong. Deliberately absent: any knowledge of the ledger.
"""


class Tally:
    """Counts what held and what did not."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def chapter(self, title):
        """Opens a part of the story."""
        print(f"\n{title}", flush=True)

    def same(self, what, seen, expected):
        """Checks that two values are equal."""
        # A value is worth reading; an empty one, or the bytes of an answer, is not.
        shown = f": {seen}" if seen and isinstance(seen, (str, int)) else ""
        self.holds(what + shown, seen == expected, f"expected {expected!r}, saw {seen!r}")

    def holds(self, what, truth, otherwise=""):
        """Checks that something is so; `otherwise` tells what was seen instead."""
        if truth:
            self.passed += 1
            print(f"  ok    {what}", flush=True)
        else:
            self.failed += 1
            print(f"  FAIL  {what}\n        {otherwise}", flush=True)

    def summary(self):
        """The last line of the run."""
        return f"{self.passed} checks passed, {self.failed} failed"
