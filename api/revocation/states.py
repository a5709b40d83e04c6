"""How far an order of revocation is: one closed list."""

from enum import StrEnum


class OrderState(StrEnum):
    PROPOSED = "proposed"  # by one person; another one of another unit is needed
    RUNNING = "running"  # in force: its passports are revoked page by page, new ones that match are caught
    WAITING = "waiting"  # every passport is seen to; some are revoked when their replacement is issued
    DONE = "done"
    REFUSED = "refused"  # by the second person, or taken back before there was one
    WITHDRAWING = "withdrawing"  # no longer in force: records and lists are put right page by page
    WITHDRAWN = "withdrawn"


AT_WORK = (OrderState.RUNNING, OrderState.WAITING, OrderState.WITHDRAWING)
IN_FORCE = (OrderState.RUNNING, OrderState.WAITING, OrderState.DONE)
