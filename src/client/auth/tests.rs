use super::*;
use crate::client::ClientSocket;
use crate::client::scripted::serve;
use crate::mail::protocol::Protocol;

#[test]
fn no_password_is_sent_unencrypted_unless_that_is_allowed() {
    let (mut endpoint, _server) = serve(|_| {});
    let mut socket = ClientSocket::connect(&endpoint, Protocol::Imap).unwrap();
    assert!(socket.is_private(), "to this machine it may");
    socket.pretend_to_be_far_away();
    for offered in [&["PLAIN"][..], &["LOGIN", "CRAM-MD5"]] {
        let chosen = choose(&socket, |name| offered.contains(&name));
        assert!(matches!(chosen, Err(ClientError::InClear { .. })));
    }
    let chosen = choose(&socket, |name| name != "SCRAM-SHA-256");
    assert_eq!(chosen.unwrap(), Some(Mechanism::ScramSha1));
    assert_eq!(choose(&socket, |_| false).unwrap(), None);
    let begun = begin(&socket, Mechanism::Plain, "user", "pencil");
    assert!(matches!(begun, Err(ClientError::InClear { .. })));

    let (there, _server) = serve(|_| {});
    (endpoint.port, endpoint.password_in_clear) = (there.port, true);
    assert!(ClientSocket::connect(&endpoint, Protocol::Imap).unwrap().is_private());
}
