"""A message of 20 MB, the same in every process."""
import imaplib
import poplib
import random
import smtplib
from email import policy
from email.message import EmailMessage

from lab import HOST, PORTS, TLS

poplib._MAXLINE = 1 << 20


def message(size):
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = "alice@pillarbox.test"
    mail["To"] = "carol@pillarbox.test"
    mail["Subject"] = "A heavy parcel"
    mail.set_content("It is in the attachment.\n")
    octets = random.Random(2017).randbytes(size)
    mail.add_attachment(octets, maintype="application", subtype="octet-stream", filename="parcel.bin")
    # A boundary that does not depend on chance.
    mail.set_boundary("=====parcel=====")
    return mail.as_bytes()


def send(size):
    with smtplib.SMTP_SSL(HOST, PORTS["smtps"], context=TLS) as smtp:
        smtp.login("alice", "wonderland")
        smtp.sendmail("alice@pillarbox.test", ["carol@pillarbox.test"], message(size))


def newest_by_pop3():
    box = poplib.POP3_SSL(HOST, PORTS["pop3s"], context=TLS)
    box.user("carol")
    box.pass_("chimney")
    _, lines, _ = box.retr(box.stat()[0])
    box.quit()
    return b"".join(line + b"\r\n" for line in lines)


def newest_by_imap():
    box = imaplib.IMAP4_SSL(HOST, PORTS["imaps"], ssl_context=TLS)
    box.login("carol", "chimney")
    (count,) = box.select("INBOX")[1]
    box.fetch(count, "(RFC822.SIZE ENVELOPE BODYSTRUCTURE)")
    octets = box.fetch(count, "(BODY[])")[1][0][1]
    box.logout()
    return octets


def check(octets, size):
    sent = message(size)
    assert octets[-len(sent):] == sent, "not byte for byte"
    assert len(octets) - len(sent) < 1000, "more than trace lines was added"
    print("ok")
