"""Reads 20 MB by POP3 and compares."""
from large import check, newest_by_pop3

check(newest_by_pop3(), 20_000_000)
