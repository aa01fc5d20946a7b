"""`python -m softops` is the softops command."""

from __future__ import annotations

from softops.cli import main

if __name__ == "__main__":
    main()
