"""``python -m vaxseal``: the same as the ``vaxseal`` script."""

from vaxseal.cli import main

main()
