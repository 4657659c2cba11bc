"""The laboratory that a script is pointed at: SCRIPT FOLDER smtp=PORT submission=PORT … imaps=PORT."""
import ssl
import sys

HOST = "localhost"
FOLDER = sys.argv[1]
# A script may be told other numbers, too: seconds=60.
PORTS = {name: int(port) for name, port in (word.split("=") for word in sys.argv[2:])}
TLS = ssl.create_default_context(cafile=f"{FOLDER}/certs/ca.pem")
