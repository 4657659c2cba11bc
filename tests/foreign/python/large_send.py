"""Sends 20 MB over TLS."""
from large import send

send(20_000_000)
print("ok")
