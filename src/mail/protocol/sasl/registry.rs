//! The mechanism names that IANA has registered (RFC 4422 §7.1). Any other word after AUTH may be a
//! password.

/// All names as of 2025, without the families.
const NAMES: [&str; 36] = [
    "9798-M-DSA-SHA1",
    "9798-M-ECDSA-SHA1",
    "9798-M-RSA-SHA1-ENC",
    "9798-U-DSA-SHA1",
    "9798-U-ECDSA-SHA1",
    "9798-U-RSA-SHA1-ENC",
    "ANONYMOUS",
    "CRAM-MD5",
    "DIGEST-MD5",
    "EAP-AES128",
    "EAP-AES128-PLUS",
    "ECDH-X25519-CHALLENGE",
    "ECDSA-NIST256P-CHALLENGE",
    "EXTERNAL",
    "GSS-SPNEGO",
    "GSSAPI",
    "KERBEROS_V4",
    "KERBEROS_V5",
    "LOGIN",
    "NMAS-SAMBA-AUTH",
    "NMAS_AUTHEN",
    "NMAS_LOGIN",
    "NTLM",
    "OAUTH10A",
    "OAUTHBEARER",
    "OPENID20",
    "OTP",
    "PLAIN",
    "SAML20",
    "SECURID",
    "SKEY",
    "SPNEGO",
    "SPNEGO-PLUS",
    "SXOVER-PLUS",
    "XOAUTH",
    "XOAUTH2",
];

/// The families: a prefix, and its members. A hash follows `SCRAM-` (RFC 5802 §4), a mechanism of GSS-API
/// `GS2-`.
const FAMILIES: [(&str, &[&str]); 2] = [
    ("SCRAM-", &["SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHA3-512"]),
    ("GS2-", &["KRB5"]),
];

/// True if a registered name begins with this word, in any case.
#[must_use]
pub fn begins_registered(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    let begins = |name: &str| name.starts_with(&word);
    // RFC 5802 §4: with channel binding.
    let of_family = |(family, members): &(&str, &[&str])| {
        let mut members = members.iter();
        members.any(|member| begins(&format!("{family}{member}-PLUS")))
    };
    NAMES.iter().any(|name| begins(name)) || FAMILIES.iter().any(of_family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mechanisms_are_known_in_any_case_and_passwords_are_none() {
        for name in ["PLAIN", "login", "Scram-Sha-256-Plus", "GS2-KRB5", "XOAUTH2", "pla", "SCRAM-"]
        {
            assert!(begins_registered(name), "{name}");
        }
        for word in ["s3cret", "PLAIN2", "PLAIN-PLUS", "SCRAM-s3cret"] {
            assert!(!begins_registered(word), "{word}");
        }
    }
}
