"""All that Python's imaplib can say, and what comes of it."""
import imaplib
import re
import time

from lab import HOST, PORTS, TLS


def ok(answer):
    """The data of an answer that must be OK."""
    word, data = answer
    assert word == "OK", answer
    return data


def refused(call, *words):
    """Calls what must be refused, by the server or before it is asked; the next command works."""
    try:
        assert call(*words)[0] == "NO", words
    except imaplib.IMAP4.error:
        pass


def message(subject, sender, more=""):
    head = f"From: {sender}\r\nTo: alice@pillarbox.test\r\nSubject: {subject}\r\nMessage-ID: <{subject.replace(' ', '')}@x.test>\r\n{more}"
    return f"{head}\r\nThe text of {subject}.\r\n".encode()


def comes_in():
    """Every way in, and the refusals at the door."""
    box = imaplib.IMAP4(HOST, PORTS["imap"])
    assert "STARTTLS" in box.capabilities and box.PROTOCOL_VERSION == "IMAP4REV1"
    refused(box.login, "alice", "wrong")
    refused(box.select)
    ok(box.starttls(ssl_context=TLS))
    assert "STARTTLS" not in box.capabilities
    ok(box.authenticate("PLAIN", lambda challenge: b"\0alice\0wonderland"))
    assert box.logout()[0] == "BYE"
    with imaplib.IMAP4_SSL(HOST, PORTS["imaps"], ssl_context=TLS) as box:
        answers = iter([b"alice", b"wonderland"])
        ok(box.authenticate("LOGIN", lambda challenge: next(answers)))
        assert box.state == "AUTH"
    box = imaplib.IMAP4_SSL(HOST, PORTS["imaps"], ssl_context=TLS)
    ok(box.login("alice", "wonderland"))
    # imaplib looks at the capabilities of before the login, when nobody can enable anything or idle.
    box.capabilities = tuple(ok(box.capability())[0].decode().upper().split())
    return box


def mailboxes(box):
    ok(box.capability())
    assert b'"."' in ok(box.namespace())[0]
    for name in ("Uni", "Uni.Netze", '"Uni.Gr&APwA3w-e"', '"two words"'):
        ok(box.create(name))
        ok(box.subscribe(name))
    refused(box.create, "Uni")
    listed = b"\n".join(ok(box.list('""', "Uni*")))
    assert listed.count(b"\n") == 2 and b"Gr&APwA3w-e" in listed, listed
    assert len(ok(box.lsub('""', "Uni.%"))) == 2
    ok(box.rename("Uni", "Schule"))
    assert len(ok(box.list('""', "Schule*"))) == 3
    ok(box.unsubscribe('"two words"'))
    ok(box.delete('"two words"'))
    refused(box.delete, "nothing")
    assert ok(box.list('""', "nothing")) == [None]


def appends(box):
    """Three messages of a thread and one of another, the last with flags, a date, and 8-bit octets."""
    ok(box.create("Box"))
    more = "In-Reply-To: <{0}@x.test>\r\nReferences: <{0}@x.test>\r\n"
    for text in (
        message("tea", "zoe@x.test", "Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n"),
        message("Re: tea", "adam@x.test", "Date: Wed, 04 Nov 2026 10:00:00 +0000\r\n" + more.format("tea")),
        message("biscuits", "mia@x.test", "Date: Tue, 03 Nov 2026 10:00:00 +0000\r\n"),
    ):
        ok(box.append("Box", None, None, text))
    date = imaplib.Time2Internaldate(time.mktime((2026, 11, 5, 12, 0, 0, 0, 0, -1)))
    (told,) = ok(box.append("Box", r"(\Seen $Paid)", date, message("Käse", "bob@x.test")))
    assert re.search(rb"\[APPENDUID \d+ 4\]", told), told
    refused(box.append, "nowhere", None, None, b"x")
    assert b"MESSAGES 4 " in ok(box.status("Box", "(MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)"))[0]
    return date


def reads(box, date):
    assert ok(box.select("Box", readonly=True)) == [b"4"]
    assert box.response("UIDNEXT")[1] == [b"5"] and box.response("READ-ONLY")[1] == [b""]
    refused(box.store, "1", "+FLAGS", r"(\Seen)")
    assert ok(box.select("Box")) == [b"4"]
    ok(box.recent())
    head, text = ok(box.fetch("4", "(FLAGS INTERNALDATE UID BODY.PEEK[])"))[0]
    assert rb"\Seen" in head and b"$Paid" in head and b"UID 4 " in head, head
    assert imaplib.Internaldate2tuple(head) == imaplib.Internaldate2tuple(f"INTERNALDATE {date}".encode())
    assert text == message("Käse", "bob@x.test")
    assert imaplib.ParseFlags(ok(box.fetch("4", "(FLAGS)"))[0]) >= (rb"\Seen",)
    assert ok(box.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))[0][1] == b"Subject: tea\r\n\r\n"
    assert ok(box.fetch("1", "(BODY.PEEK[TEXT]<4.4>)"))[0][1] == b"text"
    refused(box.fetch, "9", "(FLAGS)")
    assert ok(box.uid("FETCH", "9", "(FLAGS)")) == [None]


def searches(box):
    assert ok(box.search(None, "ALL")) == [b"1 2 3 4"]
    assert ok(box.search(None, "SUBJECT", "tea", "NOT", "FROM", "zoe")) == [b"2"]
    assert ok(box.search("UTF-8", "SEEN", "KEYWORD", "$Paid")) == [b"4"]
    box.literal = "käse".encode()
    assert ok(box.uid("SEARCH", "CHARSET", "UTF-8", "SUBJECT")) == [b"4"]
    assert ok(box.sort("(FROM)", "UTF-8", "ALL")) == [b"2 4 3 1"]
    assert ok(box.uid("SORT", "(REVERSE DATE)", "UTF-8", "1:3")) == [b"2 3 1"]
    assert ok(box.thread("REFERENCES", "UTF-8", "1:3")) == [b"(1 2)(3)"]
    assert ok(box.uid("THREAD", "ORDEREDSUBJECT", "UTF-8", "1:3")) == [b"(1 2)(3)"]
    refused(box.search, "KOI8-Q", "ALL")
    refused(box.search, None, "COLOUR")


def changes(box):
    flags = ok(box.store("1:2", "+FLAGS", r"(\Flagged)"))
    assert len(flags) == 2 and all(rb"\Flagged" in line for line in flags), flags
    assert ok(box.store("1", "FLAGS.SILENT", r"(\Answered)")) == [None]
    assert b"UID 1 " in ok(box.uid("STORE", "1", "-FLAGS", r"(\Flagged)"))[0]
    (told,) = ok(box.copy("1:2", "Schule"))
    assert b"[COPYUID " in told, told
    refused(box.copy, "1", "nowhere")
    ok(box.uid("MOVE", "2", "Schule.Netze"))
    assert box.response("EXPUNGE")[1] == [b"2"]
    assert ok(box.search(None, "ALL")) == [b"1 2 3"]
    ok(box.store("1", "+FLAGS", r"(\Deleted)"))
    ok(box.store("3", "+FLAGS", r"(\Deleted)"))
    ok(box.uid("EXPUNGE", "4"))
    assert box.response("EXPUNGE")[1] == [b"3"]
    assert ok(box.expunge()) == [b"1"]
    ok(box.check())
    ok(box.noop())
    ok(box.store("1", "+FLAGS", r"(\Deleted)"))
    ok(box.unselect())
    assert ok(box.select("Box")) == [b"1"]
    ok(box.close())
    assert ok(box.select("Box")) == [b"0"] and ok(box.select("Schule")) == [b"2"]


def odd(box):
    """What we do not have is refused, and the conversation goes on."""
    ok(box.xatom("ID", "NIL"))
    assert b"Pillarbox" in box.response("ID")[1][0]
    for call, words in (
        (box.getacl, ["Box"]),
        (box.myrights, ["Box"]),
        (box.getquota, ["root"]),
        (box.getquotaroot, ["Box"]),
        (box.getannotation, ["Box", "/x", "value"]),
        (box.proxyauth, ["bob"]),
        (box.xatom, ["FROBNICATE"]),
    ):
        refused(call, *words)
    ok(box.noop())


def enables(box):
    """Last, for what is enabled cannot be taken back: names are UTF-8 from now on, and nothing is recent."""
    ok(box.unselect())
    box.enable("IMAP4rev2")
    assert b"IMAP4rev2" in box.response("ENABLED")[1][0]
    assert ok(box.select("Schule")) == [b"2"]
    assert box.response("RECENT")[1] == [None]
    assert "Grüße".encode() in b"".join(ok(box.list('""', "Schule.*")))


def idles(box):
    """Python 3.14 can wait; the others are told what it would say."""
    ok(box.select("Box"))
    with imaplib.IMAP4_SSL(HOST, PORTS["imaps"], ssl_context=TLS) as other:
        ok(other.login("alice", "wonderland"))
        if hasattr(box, "idle"):
            with box.idle(duration=60) as idler:
                ok(other.append("Box", None, None, message("news", "x@x.test")))
                assert next(idler) == ("EXISTS", [b"1"])
        else:
            box.send(b"i IDLE\r\n")
            assert box.readline().startswith(b"+ ")
            ok(other.append("Box", None, None, message("news", "x@x.test")))
            assert box.readline() == b"* 1 EXISTS\r\n"
            box.send(b"DONE\r\n")
            while not box.readline().startswith(b"i OK"):
                pass
    assert ok(box.search(None, "SUBJECT", "news")) == [b"1"]


box = comes_in()
mailboxes(box)
date = appends(box)
reads(box, date)
searches(box)
changes(box)
odd(box)
idles(box)
enables(box)
assert box.logout()[0] == "BYE"
print("ok")
