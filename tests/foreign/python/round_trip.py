"""Python's own clients against Pillarbox, verifying its CA.

Sends a message by every way in, reads it by every way out, and compares the bytes.
"""
import imaplib
import poplib
import smtplib
import socket
import ssl
from email import policy
from email.message import EmailMessage

from lab import HOST, PORTS, TLS

POLICY = policy.SMTP.clone(cte_type="8bit", utf8=False)


def message(subject):
    mail = EmailMessage(policy=POLICY)
    mail["From"] = "alice@pillarbox.test"
    mail["To"] = "bob@pillarbox.test"
    mail["Subject"] = subject
    mail.set_content("Grüße!\n.\n..\n.dots\nMAIL FROM:<x>\n", cte="8bit")
    mail.add_attachment(bytes(range(256)) * 40, maintype="application", subtype="octet-stream", filename="all octets.bin")
    # A boundary that does not depend on chance.
    mail.set_boundary("=====round=trip=====")
    return mail.as_bytes()


def send(subject, connection):
    with connection as smtp:
        smtp.sendmail("alice@pillarbox.test", ["bob@pillarbox.test"], message(subject), mail_options=["BODY=8BITMIME"])


def starttls(smtp):
    smtp.starttls(context=TLS)
    return smtp


def login(smtp):
    smtp.login("alice", "wonderland")
    return smtp


def tail(octets, sent):
    """The message without the trace lines that the server put before it."""
    assert octets.startswith(b"Return-Path: <alice@pillarbox.test>\r\nReceived: "), octets[:100]
    return octets[octets.index(sent[:20]):]


def check_pop3(box, subjects):
    box.user("bob")
    box.pass_("builder")
    count, size = box.stat()
    assert size == sum(int(row.split()[1]) for row in box.list()[1])
    assert len(set(box.uidl()[1])) == count
    for subject, number in zip(subjects, range(count - len(subjects) + 1, count + 1)):
        _, lines, octets = box.retr(number)
        got = b"".join(line + b"\r\n" for line in lines)
        assert tail(got, message(subject)) == message(subject), subject
    box.quit()


def check_imap(box, subjects):
    box.login("bob", "builder")
    box.select("INBOX")
    for subject in subjects:
        _, (numbers,) = box.search(None, "SUBJECT", f'"{subject}"')
        (number,) = numbers.split()
        box.store(number, "-FLAGS.SILENT", r"(\Seen)")
        _, data = box.fetch(number, "(FLAGS RFC822.SIZE BODY.PEEK[])")
        head, got = data[0]
        assert tail(got, message(subject)) == message(subject), subject
        assert f"RFC822.SIZE {len(got)}".encode() in head
        assert rb"\Seen" not in head
    _, data = box.fetch(number, "(BODYSTRUCTURE)")
    assert b"all octets.bin" in data[0]
    box.store(number, "+FLAGS", r"(\Flagged $Test)")
    assert rb"\Flagged" in box.fetch(number, "(FLAGS)")[1][0]
    box.create("Archive.2026")
    assert box.copy(number, "Archive.2026")[0] == "OK"
    assert box.select("Archive.2026")[1] == [b"1"]
    assert tail(box.fetch("1", "(RFC822)")[1][0][1], message(subject)) == message(subject)
    box.close()
    box.delete("Archive.2026")
    box.logout()


def refused(connect):
    """A certificate that is not for this name, or from a CA that nobody trusts, must fail."""
    try:
        connect()
    except ssl.SSLCertVerificationError:
        return
    raise AssertionError("an untrusted certificate was accepted")


ways = {
    "one-by-smtp": lambda: smtplib.SMTP(HOST, PORTS["smtp"]),
    "two-by-smtp-and-starttls": lambda: starttls(smtplib.SMTP(HOST, PORTS["smtp"])),
    "three-by-submission": lambda: login(starttls(smtplib.SMTP(HOST, PORTS["submission"]))),
    "four-by-smtps": lambda: login(smtplib.SMTP_SSL(HOST, PORTS["smtps"], context=TLS)),
}
for subject, connect in ways.items():
    send(subject, connect())

subjects = list(ways)
check_pop3(poplib.POP3(HOST, PORTS["pop3"]), subjects)
check_pop3(poplib.POP3_SSL(HOST, PORTS["pop3s"], context=TLS), subjects)
stls = poplib.POP3(HOST, PORTS["pop3"])
stls.stls(context=TLS)
check_pop3(stls, subjects)

check_imap(imaplib.IMAP4(HOST, PORTS["imap"]), subjects)
check_imap(imaplib.IMAP4_SSL(HOST, PORTS["imaps"], ssl_context=TLS), subjects)
upgraded = imaplib.IMAP4(HOST, PORTS["imap"])
upgraded.starttls(ssl_context=TLS)
check_imap(upgraded, subjects)

refused(lambda: imaplib.IMAP4_SSL(HOST, PORTS["imaps"], ssl_context=ssl.create_default_context()))
elsewhere = socket.create_connection((HOST, PORTS["smtps"]))
refused(lambda: TLS.wrap_socket(elsewhere, server_hostname="mail.elsewhere.test"))
print("ok")
