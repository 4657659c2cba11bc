//! TLS in a `Received:` line. It has no clause for the version; each program has its own comment.

/// The TLS of a connection, as far as the line has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsUsed {
    /// Such as `TLSv1.3`, in this form for all programs.
    pub version: Option<String>,
    /// Such as `TLS_AES_256_GCM_SHA384`, as the program wrote it.
    pub cipher: Option<String>,
}

/// Parses TLS in a comment: `using TLSv1.3 with cipher C (256/256 bits)` (Postfix),
/// `version=TLS1_3 cipher=C bits=256` (Gmail, Sendmail, Exchange), `TLS1.2:C:256` (Exim).
pub(super) fn tls(text: &str) -> Option<TlsUsed> {
    let words: Vec<&str> = text.split([' ', ',', ';', '=', ':', '(', ')']).collect();
    let (at, version) =
        words.iter().enumerate().find_map(|(at, word)| Some((at, tls_version(word)?)))?;
    let named = words.iter().position(|word| *word == "cipher");
    let in_exim = format!("{}:", words[at]);
    let cipher = match named {
        Some(named) => words.get(named + 1),
        None if text.contains(&in_exim) => words.get(at + 1),
        None => None,
    };
    Some(TlsUsed {
        version: Some(version),
        cipher: cipher.filter(|c| !c.is_empty()).map(|c| (*c).to_owned()),
    })
}

/// Parses `TLSv1.3`, `TLS1.3`, `TLS1_3`, `SSLv3`; returns them with a point and a v.
fn tls_version(word: &str) -> Option<String> {
    let family = word.get(..3).filter(|f| matches!(*f, "TLS" | "SSL"))?;
    let number = word[3..].trim_start_matches('v').replace('_', ".");
    let digits = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    (!number.is_empty() && number.len() <= 3 && digits).then(|| format!("{family}v{number}"))
}
