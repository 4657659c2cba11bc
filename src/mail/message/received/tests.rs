//! What `Received:` lines tell, row by row, and that nothing in one is too broken to be read.
use super::*;
use proptest::prelude::*;

/// The parts that are there, one a word, in the order of the struct.
fn shown(received: &Received) -> String {
    let tls = received.tls.as_ref();
    let parts = [
        ("from", received.from.clone()),
        ("name", received.from_name.clone()),
        ("addr", received.from_address.map(|a| a.to_string())),
        ("by", received.by.clone()),
        ("with", received.with.clone()),
        ("id", received.id.clone()),
        ("for", received.for_.clone()),
        ("tls", tls.map(|t| t.version.clone().unwrap_or_default())),
        ("cipher", tls.and_then(|t| t.cipher.clone())),
        ("at", received.date.as_ref().map(|d| d.timestamp().as_second().to_string())),
    ];
    let there = parts.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_ref()?)));
    let others = received.others.iter().map(|other| format!("+{other}"));
    there.chain(others).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_program_has_its_own_way() {
    let rows = [
        // Pillarbox, and the RFC's own form (RFC 5321 §4.4).
        (
            "from laptop ([IPv6:::1])\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\tby mail.pillarbox.test (Pillarbox) with ESMTPSA id 63-1\tfor <bob@pillarbox.test>;\tMon, 23 Nov 2026 15:14:16 +0000",
            "from=laptop addr=::1 by=mail.pillarbox.test with=ESMTPSA id=63-1 for=bob@pillarbox.test tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 at=1795446856 +(Pillarbox)",
        ),
        // Postfix.
        (
            "from mail.a.test (mx.a.test [192.0.2.1]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519) (No client certificate requested) by mx.b.test (Postfix) with ESMTPS id 4Xs2 for <bob@b.test>; Mon, 23 Nov 2026 16:14:16 +0100 (CET)",
            "from=mail.a.test name=mx.a.test addr=192.0.2.1 by=mx.b.test with=ESMTPS id=4Xs2 for=bob@b.test tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 at=1795446856 +(No client certificate requested) +(Postfix) +(CET)",
        ),
        (
            "from liar (unknown [IPv6:2001:db8::7]) (Authenticated sender: al) by mx.b.test (Postfix) with ESMTPA id 1; Mon, 23 Nov 2026 15:14:16 +0000",
            "from=liar addr=2001:db8::7 by=mx.b.test with=ESMTPA id=1 at=1795446856 +(Authenticated sender: al) +(Postfix)",
        ),
        (
            "by b.test (Postfix, from userid 1000) id 9A; Mon, 23 Nov 2026 15:14:16 GMT",
            "by=b.test id=9A at=1795446856 +(Postfix, from userid 1000)",
        ),
        // Exim, with a name from the DNS, without one, and before 4.94.
        (
            "from mx.a.test ([192.0.2.1]:45678 helo=liar) by b.test with esmtps (TLS1.3) tls TLS_AES_128_GCM_SHA256 (Exim 4.96) (envelope-from <a@a.test>) id 1oqX-0 for bob@b.test; Mon, 23 Nov 2026 15:14:16 +0000",
            "from=liar name=mx.a.test addr=192.0.2.1 by=b.test with=esmtps id=1oqX-0 for=bob@b.test tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 at=1795446856 +(Exim 4.96) +(envelope-from <a@a.test>)",
        ),
        (
            "from [192.0.2.1] (helo=[10.0.0.1]) by b.test with smtp (Exim 4.96) id 1",
            "from=[10.0.0.1] addr=192.0.2.1 by=b.test with=smtp id=1 +(Exim 4.96)",
        ),
        (
            "from mx.a.test ([192.0.2.1]) by b.test with esmtps (TLS1.2:ECDHE_RSA_AES_256_GCM_SHA384:256) (Exim 4.92) id 1",
            "from=mx.a.test addr=192.0.2.1 by=b.test with=esmtps id=1 tls=TLSv1.2 cipher=ECDHE_RSA_AES_256_GCM_SHA384 +(Exim 4.92)",
        ),
        // Sendmail.
        (
            "from a.test (mx.a.test [192.0.2.1] (may be forged)) (authenticated bits=0) by b.test (8.17.1/8.17.1) with ESMTPSA id 2A (version=TLSv1.2 cipher=ECDHE-RSA bits=256 verify=NO) for <bob@b.test>; Mon, 23 Nov 2026 15:14:16 GMT",
            "from=a.test name=mx.a.test addr=192.0.2.1 by=b.test with=ESMTPSA id=2A for=bob@b.test tls=TLSv1.2 cipher=ECDHE-RSA at=1795446856 +(authenticated bits=0) +(8.17.1/8.17.1)",
        ),
        // Gmail, inside and outside.
        (
            "by 2002:a05:6a10:1234:b0:2d:abcd with SMTP id x20csp1; Mon, 23 Nov 2026 07:14:16 -0800 (PST)",
            "by=2002:a05:6a10:1234:b0:2d:abcd with=SMTP id=x20csp1 at=1795446856 +(PST)",
        ),
        (
            "from mail-f41.google.com (mail-f41.google.com. [209.85.220.41]) by mx.google.com with ESMTPS id d1sor for <b@gmail.com> (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128); Mon, 23 Nov 2026 07:14:16 -0800 (PST)",
            "from=mail-f41.google.com name=mail-f41.google.com addr=209.85.220.41 by=mx.google.com with=ESMTPS id=d1sor for=b@gmail.com tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 at=1795446856 +(PST)",
        ),
        // Exchange: the address without brackets, a protocol of three words.
        (
            "from AM0.eurprd01.prod.exchangelabs.com (2603:10a6::1) by DB8.eurprd01.prod.exchangelabs.com (2603:10a6::2) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA) id 15.20.1.2 via Frontend Transport; Mon, 23 Nov 2026 15:14:16 +0000",
            "from=AM0.eurprd01.prod.exchangelabs.com addr=2603:10a6::1 by=DB8.eurprd01.prod.exchangelabs.com with=Microsoft SMTP Server id=15.20.1.2 tls=TLSv1.2 cipher=TLS_ECDHE_RSA at=1795446856 +(2603:10a6::2) +via Frontend +Transport",
        ),
        // qmail and fetchmail.
        (
            "from unknown (HELO liar) (192.0.2.1) by 0 with SMTP; 23 Nov 2026 15:14:16 -0000",
            "from=liar addr=192.0.2.1 by=0 with=SMTP at=1795446856",
        ),
        (
            "(qmail 1234 invoked by uid 89); 23 Nov 2026 15:14:16 -0000",
            "at=1795446856 +(qmail 1234 invoked by uid 89)",
        ),
        (
            "from pop.a.test [192.0.2.9] by localhost with POP3 (fetchmail-6.4) for <al@localhost> (single-drop); Mon, 23 Nov 2026 15:14:16 +0000",
            "from=pop.a.test addr=192.0.2.9 by=localhost with=POP3 for=al@localhost at=1795446856 +(fetchmail-6.4) +(single-drop)",
        ),
    ];
    for (value, expected) in rows {
        let value = value.replace('\t', "\r\n\t");
        assert_eq!(shown(&Received::parse(value.as_bytes())), expected, "{value}");
    }
}

#[test]
fn what_is_broken_or_a_lie_yields_what_is_left() {
    let rows: [(&[u8], &str); 10] = [
        (b"", ""),
        (b";", ""),
        (b"from", ""),
        (b"from by by by", "from=by by=by"),
        (b"by a by b with x with y", "by=a with=x +b +y"),
        (b"from a (b [999.1.1.1]) by c", "from=a by=c +(b [999.1.1.1])"),
        (b"from a (helo=TLS1.3) by c", "from=TLS1.3 name=a by=c"),
        (b"from a (b [192.0.2.1]", "from=a name=b addr=192.0.2.1"),
        (b"by a; b; 32 Foo 99", "by=a +b +32 Foo 99"),
        (b"from \x1b[2J\xff by c", "from=\x1b[2J\u{fffd} by=c"),
    ];
    for (value, expected) in rows {
        assert_eq!(shown(&Received::parse(value)), expected, "{}", text(value));
    }
}

#[test]
fn the_protocol_tells_of_tls_and_login() {
    let rows = [
        ("with ESMTPSA", Some(true), Some(true)),
        ("with esmtps", Some(true), Some(false)),
        ("with ESMTPA", Some(false), Some(true)),
        ("with SMTP", Some(false), Some(false)),
        ("with LMTP", Some(false), Some(false)),
        ("with UTF8SMTPS", Some(true), Some(false)),
        ("with ESMTP (TLS1.3)", Some(true), Some(false)),
        ("with Microsoft SMTP Server", None, None),
        ("with HTTPS", None, None),
        ("by b.test", None, None),
    ];
    for (value, encrypted, authenticated) in rows {
        let received = Received::parse(value.as_bytes());
        let told = (received.encrypted(), received.authenticated());
        assert_eq!(told, (encrypted, authenticated), "{value}");
    }
}

#[test]
fn the_newest_stands_on_top() {
    let header = Header::parse(
        b"Received: by new\r\nX: y\r\nRECEIVED : by\r\n old\r\n\r\nReceived: by body\r\n",
    );
    let by: Vec<_> = Received::all(&header).into_iter().map(|r| r.by).collect();
    assert_eq!(by, [Some("new".to_owned()), Some("old".to_owned())]);
}

/// What the lines are made of, in no order.
const PIECES: &[&str] = &[
    "from ",
    "by ",
    "with ",
    "id ",
    "for ",
    "tls ",
    "via ",
    "(",
    ")",
    ";",
    "[",
    "]",
    "helo=",
    "HELO ",
    "IPv6:",
    "::1%",
    "192.0.2.1",
    "TLS",
    "TLS1.3:",
    "cipher",
    "=",
    "<",
    ">",
    "é",
    "\\",
    "\"",
    " ",
    "Mon, 23 Nov 2026 15:14:16 ",
    "+0100",
    "+9999",
    "unknown ",
    "\u{0}",
];

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn nothing_is_too_broken(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30)) {
        let _ = Received::parse(pieces.concat().as_bytes());
    }

    #[test]
    fn any_octets_can_be_parsed(value in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Received::parse(&value);
    }

    #[test]
    fn what_the_rfc_writes_comes_back(
        from in "[a-z]{1,9}\\.test", octet in any::<u8>(), by in "[a-z]{1,9}\\.test",
        with in "(UTF8SMTP|ESMTP|LMTP)S?A?", id in "[0-9A-F]{1,9}", to in "[a-z]{1,9}@[a-z]{1,9}",
    ) {
        let line = format!("from {from} ([192.0.2.{octet}]) by {by} with {with} id {id} for <{to}>");
        let parts = format!("from={from} addr=192.0.2.{octet} by={by} with={with} id={id} for={to}");
        prop_assert_eq!(shown(&Received::parse(line.as_bytes())), parts);
    }
}
