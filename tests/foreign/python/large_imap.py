"""Reads 20 MB by IMAP, its structure too, and compares."""
from large import check, newest_by_imap

check(newest_by_imap(), 20_000_000)
