//! A person at a terminal, through openssl and through netcat.

use crate::desk::Desk;

#[test]
#[ignore = "needs openssl and netcat-openbsd"]
fn a_person_speaks_through_s_client_and_through_netcat() {
    let desk = Desk::new();
    let rows = [
        ("$imaps", "a LOGOUT", "a OK"),
        ("$imap -starttls imap", "a LOGOUT", "a OK"),
        ("$pop3s", "QUIT", "+OK Farewell"),
        ("$pop3 -starttls pop3", "QUIT", "+OK Farewell"),
        ("$smtps", "QUIT", "221 "),
        ("$submission -starttls smtp", "QUIT", "221 "),
    ];
    for version in ["-tls1_2", "-tls1_3"] {
        for (port, goodbye, answer) in rows {
            let said = desk.run(&format!(
                "(echo '{goodbye}'; sleep 1) | openssl s_client -quiet -crlf -verify_return_error \
                {version} -CAfile $CA -connect localhost:{port}"
            ));
            assert!(said.contains(answer), "{version} {port}: {said}");
        }
    }
    let old = "openssl s_client -tls1_1 -CAfile $CA -connect localhost:$imaps < /dev/null && exit 1 || true";
    desk.run(old);
    // Netcat ends a line with LF.
    for (port, lines, answer) in [
        ("$smtp", "EHLO x\\nMAIL FROM:<a@b.test>\\nQUIT\\n", "221 "),
        ("$pop3", "USER bob\\nPASS builder\\nSTAT\\nQUIT\\n", "+OK Farewell"),
        ("$imap", "a LOGIN bob builder\\nb SELECT INBOX\\nc LOGOUT\\n", "c OK"),
    ] {
        let said = desk.run(&format!("printf '{lines}' | nc -N localhost {port}"));
        assert!(said.contains(answer), "{port}: {said}");
    }
}
