//! The secret in an answer of SASL, which is somewhere within the decoded text.

use super::MASK;
use crate::teaching::explain::explained::NUL;

/// True if this can be a user name and nothing more. After a space or a NUL the password may follow: some
/// clients send PLAIN's answer to other mechanisms.
pub(in crate::teaching::explain) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_control() || c.is_whitespace())
}

/// A decoded answer of SASL with its secret masked. `None` if all of it is secret, if the mechanism is
/// unknown, and if the answer does not have the exact form of its mechanism: then the secret may be
/// anywhere in it.
pub(in crate::teaching::explain) fn masked_answer(mechanism: &str, text: &str) -> Option<String> {
    match mechanism {
        "PLAIN" => plain(text),
        "CRAM-MD5" => cram_md5(text),
        name if name.starts_with("SCRAM-") => scram(text),
        _ => None,
    }
}

/// RFC 4616 §2: authorisation NUL user NUL password, of which only the first may be empty.
fn plain(text: &str) -> Option<String> {
    let fields: Vec<&str> = text.split('\0').collect();
    let [authorisation, user, password] = fields[..] else {
        return None;
    };
    let fits = (authorisation.is_empty() || is_name(authorisation)) && is_name(user);
    (fits && !password.is_empty()).then(|| format!("{authorisation}{NUL}{user}{NUL}{MASK}"))
}

/// RFC 2195 §2: the user and a digest of 16 octets in hexadecimal. A weak password can be guessed from the
/// digest.
fn cram_md5(text: &str) -> Option<String> {
    let (user, digest) = text.rsplit_once(' ')?;
    let is_digest = digest.len() == 32 && digest.bytes().all(|octet| octet.is_ascii_hexdigit());
    (is_name(user) && is_digest).then(|| format!("{user} {MASK}"))
}

/// RFC 5802 §7: `n,,n=user,r=nonce`, with a channel binding in place of the first `n` or an authorisation
/// after it; then `c=biws,r=nonce,p=proof`. A weak password can be guessed from the proof.
fn scram(text: &str) -> Option<String> {
    if text.contains(char::is_control) {
        return None;
    }
    let fields: Vec<&str> = text.split(',').collect();
    let begin = |field: &str, key: &str| field.starts_with(key);
    match fields[..] {
        [binding, authorisation, user, nonce] => {
            let header = matches!(binding, "n" | "y") || begin(binding, "p=");
            let fits = header
                && (authorisation.is_empty() || begin(authorisation, "a="))
                && begin(user, "n=")
                && begin(nonce, "r=");
            fits.then(|| text.to_owned())
        }
        [binding, nonce, proof] => {
            let fits = begin(binding, "c=") && begin(nonce, "r=") && begin(proof, "p=");
            fits.then(|| format!("{binding},{nonce},p={MASK}"))
        }
        _ => None,
    }
}
