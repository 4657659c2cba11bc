//! Recorded conversations as web pages.

use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::explain::Texts;
use pillarbox::teaching::transcript::Dialogue;
use pillarbox::teaching::transcript::html::page;
use pillarbox::teaching::wire_tap::journal::Happened;

use super::dialogue;

fn page_of(protocol: Protocol, lines: &str) -> String {
    page(&dialogue(protocol, lines), &Texts::compiled_in())
}

const SMTP: &str = "
    S: 220 ready
    C: EHLO me
    S: 250-here
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 2.0.0 go
    TLS
    C: EHLO me
    S: 250 AUTH PLAIN
    C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=
    S: 235 2.7.0 Ok
    C: QUIT
    S: 221 Bye
    S ends
    C ends
    closed
";

#[test]
fn a_page_has_all_that_there_is_to_see() {
    let page = page_of(Protocol::Smtp, SMTP);
    for expected in [
        "<html lang=\"en\">",
        "<dt>Logged in</dt><dd>alice</dd>",
        "<h3>Unencrypted</h3>",
        "<h3>Under TLS: TLSv1.3, TLS_AES_256_GCM_SHA384</h3>",
        "<small>STARTTLS</small><b>",
        "<span class=\"secret\" title=",
        "(RFC\u{a0}5321\u{a0}§4.1.1.1)",
        "(+1 line)</text>",
        "nothing more (FIN)</text>",
        "<pre class=\"hex\" tabindex=\"0\">   0000  45 48 4c 4f",
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
    assert!(!page.contains("{{") && !page.contains("wonderland"));
    let under_tls = page_of(Protocol::Imap, "TLS\nS: * OK hi");
    assert!(!under_tls.contains("Unencrypted"), "{under_tls}");
}

/// Every element is closed in its order: nothing that was said can change the page.
#[test]
fn what_is_hostile_changes_nothing() {
    let hostile = [
        "</code></li></ol><script>alert(1)</script>",
        "<!-- {{turns}} --> <img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)\" '",
        "\u{202e}\u{200b}\x1b[2J\x07\0",
        "&lt;b&gt; ]]> <svg><style>*{display:none}",
    ];
    let lines = hostile.map(|line| format!("C: {line}\nS: 500 {line}\nC: MAIL FROM:<{line}>\n"));
    let page = page_of(Protocol::Smtp, &format!("S: 220 {}\n{}", hostile[0], lines.concat()));
    let mut open: Vec<&str> = Vec::new();
    let markup = page.split_once("</style>").unwrap().1;
    for tag in markup.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        if !tag.starts_with('/') {
            if !tag.ends_with('/') {
                open.push(name);
            }
        } else if name != "head" {
            assert_eq!(open.pop().or(Some("html")), Some(name), "{tag}");
        }
        assert!(KNOWN.contains(&name), "{name}");
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(!page.contains(['\u{202e}', '\u{200b}', '\x1b', '\0']));
    assert!(page.contains(r#"<span class="strange">U+202E</span>"#));
    assert!(page.contains("{{turns}} --&gt;"), "what fills a gap is not filled");
}

const KNOWN: [&str; 41] = [
    "head", "body", "html", "header", "h1", "h2", "h3", "p", "nav", "a", "main", "div", "section",
    "dl", "dt", "dd", "ol", "ul", "li", "b", "small", "svg", "line", "rect", "path", "text",
    "time", "code", "span", "details", "summary", "table", "tr", "th", "td", "pre", "footer",
    "title", "style", "meta", "caption",
];

#[test]
fn what_is_long_is_bounded() {
    let talk = "C: NOOP\nS: 250 Ok\n".repeat(400);
    let page = page_of(Protocol::Smtp, &format!("S: 220 hi\n{talk}"));
    assert!(page.contains("more arrows</p>"));
    assert_eq!(page.matches("<svg").count(), 150usize.div_ceil(16));
}

#[test]
fn numbers_of_an_edited_journal_are_not_too_large() {
    let mut records = dialogue(Protocol::Smtp, "S: 220 hi\nS: 220 hi\nC: QUIT").records;
    for record in &mut records {
        if let Happened::Said(said) = &mut record.what {
            (said.left_out.lines, said.left_out.octets) = (u64::MAX, u64::MAX);
        }
    }
    let dialogue = Dialogue::of(records, &Texts::compiled_in()).unwrap();
    assert_eq!(dialogue.summary.octets, u64::MAX);
    let page = page(&dialogue, &Texts::compiled_in());
    assert!(page.contains(&format!("(+{} lines)", u64::MAX)), "{page}");
}
