"""A day in the life of bob's mailbox: he gets mail, his computer files and flags, his old computer
takes some away by POP3, and his telephone waits for news. Then everything must be somewhere, once.

usage: day.py FOLDER PORTS… seconds=SECONDS round=NUMBER
"""
import imaplib
import poplib
import re
import smtplib
import threading
import time
import traceback

from lab import HOST, PORTS, TLS

ROUND = PORTS["round"]
END = time.monotonic() + PORTS["seconds"]
NAME = re.compile(rb"Subject: (day-%d-\d+)\r\n" % ROUND)
failures = []


def busy():
    return time.monotonic() < END and not failures


def imap():
    box = imaplib.IMAP4_SSL(HOST, PORTS["imaps"], ssl_context=TLS)
    box.login("bob", "builder")
    return box


def number(name):
    return int(name.rsplit(b"-", 1)[1])


def send(sent):
    """A message every now and then, over a connection that stays, or a new one."""
    while busy():
        with smtplib.SMTP_SSL(HOST, PORTS["smtps"], context=TLS) as smtp:
            smtp.login("alice", "wonderland")
            for _ in range(20):
                name = f"day-{ROUND}-{len(sent)}"
                text = f"Subject: {name}\r\n\r\n" + "What a day.\r\n" * (len(sent) % 300)
                smtp.sendmail("alice@pillarbox.test", ["bob@pillarbox.test"], text)
                sent.add(name.encode())
                time.sleep(0.02)


def take_away(taken):
    """By POP3: looks at what came since, and deletes every fifth message."""
    seen = set()
    while busy():
        box = poplib.POP3_SSL(HOST, PORTS["pop3s"], context=TLS)
        box.user("bob")
        box.pass_("builder")
        assert len(box.list()[1]) == box.stat()[0]
        deleted = set()
        for line in box.uidl()[1]:
            index, uid = line.split()
            if uid not in seen:
                seen.add(uid)
                try:
                    name = NAME.search(b"\r\n".join(box.retr(int(index))[1]) + b"\r\n")
                except poplib.error_proto as error:
                    assert "another client removed it" in str(error), error
                    continue
                if name and number(name[1]) % 5 == 0:
                    box.dele(int(index))
                    deleted.add(name[1])
        box.quit()
        taken |= deleted
        time.sleep(0.3)


def file_away(filed):
    """By IMAP: flags what is new, and moves every seventh message that POP3 leaves alone."""
    box = imap()
    box.create("Day")
    box.select("INBOX")
    last = 0
    while busy():
        box.noop()
        for line in filter(None, box.uid("FETCH", f"{last + 1}:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]):
            if not isinstance(line, tuple):
                continue
            uid = re.search(rb"UID (\d+)", line[0])[1]
            last = max(last, int(uid))
            name = NAME.search(line[1])
            box.uid("STORE", uid, "+FLAGS", rb"(\Seen $Day)")
            if name and number(name[1]) % 7 == 3 and number(name[1]) % 5:
                assert box.uid("MOVE", uid, "Day")[0] == "OK"
                filed.add(name[1])
        box.search(None, "UNSEEN")
        time.sleep(0.05)
    box.logout()


def wait_for_news(box, known):
    """IDLE: from what comes and goes it always knows how many messages there are."""
    known.append(int(box.select("INBOX")[1][0]))
    box.send(b"i IDLE\r\n")
    line = b""
    while not line.startswith(b"i OK"):
        line = box.readline()
        assert line, "the server hung up"
        if line.endswith(b" EXISTS\r\n"):
            known[0] = int(line.split()[1])
        elif line.endswith(b" EXPUNGE\r\n"):
            known[0] -= 1


def names(mailbox):
    """The messages of this round in a mailbox, and how many there are in all."""
    with imap() as box:
        (count,) = box.select(mailbox)[1]
        lines = box.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
    found = [NAME.search(line[1]) for line in lines if isinstance(line, tuple)]
    found = [name[1] for name in found if name]
    assert len(found) == len(set(found)), "a message is there twice"
    return set(found), int(count)


def at_work(work, *arguments):
    def run():
        try:
            work(*arguments)
        except Exception:
            failures.append(f"{work.__name__}: {traceback.format_exc()}")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


sent, taken, filed, known, telephone = set(), set(), set(), [], imap()
watching = at_work(wait_for_news, telephone, known)
for thread in [at_work(send, sent), at_work(take_away, taken), at_work(file_away, filed)]:
    thread.join()
assert not failures, failures
inbox, count = names("INBOX")
assert names("Day")[0] == filed
assert inbox | filed | taken == sent and len(inbox) + len(filed) + len(taken) == len(sent)
# The telephone hears the last news, too.
patience = time.monotonic() + 60
while known[0] != count and time.monotonic() < patience:
    time.sleep(0.01)
assert known[0] == count, f"who idles thinks of {known[0]} messages, and there are {count}"
telephone.send(b"DONE\r\n")
watching.join()
telephone.logout()
assert not failures, failures
print(f"{len(sent)} sent: {len(inbox)} stayed, {len(filed)} were filed, {len(taken)} taken away")
print("ok")
