"""Everything once with a small message, so that memory that is taken once is not counted later."""
from large import check, newest_by_imap, newest_by_pop3, send

SMALL = 20_000
for _ in range(3):
    send(SMALL)
    newest_by_pop3()
    check(newest_by_imap(), SMALL)
