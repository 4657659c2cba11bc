//! One line of the journal: something that happened on a connection, as JSON.
//!
//! Each line can be understood without the others, so `grep` and `jq` read the journal as well as
//! [`read`](super::read()) does. `docs/journal.md` documents it field by field.

use std::borrow::Cow;
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::mail::protocol::Protocol;
use crate::teaching::explain::Explained;
use crate::teaching::wire_tap::Side;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The time in UTC, to the microsecond.
    #[serde(with = "moment")]
    pub time: Timestamp,
    /// The connection on which it happened.
    #[serde(flatten)]
    pub place: RecordedConnection,
    /// What happened.
    #[serde(flatten)]
    pub what: Happened,
}

/// A connection that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedConnection {
    /// Its name, which no other connection of any program has: letters and digits.
    #[serde(deserialize_with = "name")]
    pub connection: String,
    /// The end that was ours.
    pub ours: Side,
    /// The protocol; `None` if it was not one of ours.
    pub protocol: Option<Protocol>,
    /// The name of the service, as in `[ports]`.
    pub service: String,
    /// The name of the thread that led the conversation.
    pub thread: String,
    /// The address of the client's end.
    pub client: SocketAddr,
    /// The address of the server's end.
    pub server: SocketAddr,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Happened {
    /// The connection is open.
    Opened,
    /// One side said something.
    Said(Said),
    /// A TLS handshake is done.
    Secured {
        /// `TLSv1.3`
        version: String,
        /// `TLS_AES_256_GCM_SHA384`
        cipher: String,
        /// Its explanation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        explained: Option<Explained>,
    },
    /// A TLS handshake failed.
    Failed {
        /// The reason, in the TLS library's words: `tlsv1 alert unknown ca`.
        why: String,
        /// Its explanation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        explained: Option<Explained>,
    },
    /// This side will say nothing more.
    Ended {
        /// The side.
        by: Side,
    },
    /// The other end broke the connection off.
    Reset,
    /// The recording ended here, the conversation did not.
    Lost,
    /// Our end of the connection is closed.
    Closed,
}

/// A line that was said, with its ending, or several lines of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The side that said it.
    pub by: Side,
    /// The line, with `********` for each secret.
    #[serde(flatten)]
    pub octets: SaidOctets,
    /// What follows it and was left out, because there was too much of it.
    #[serde(default, skip_serializing_if = "LeftOut::is_nothing")]
    pub left_out: LeftOut,
    /// The explanation of the line, or of the first of several; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained: Option<Explained>,
}

/// What was said: as text if it is UTF-8, otherwise in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SaidOctets {
    /// UTF-8.
    Text(String),
    /// RFC 4648 §4.
    Base64(String),
}

/// The amount that was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Whole lines.
    pub lines: u64,
    /// Octets, with those of the lines.
    pub octets: u64,
}

impl SaidOctets {
    /// As text if that is possible.
    #[must_use]
    pub fn of(octets: Vec<u8>) -> SaidOctets {
        match String::from_utf8(octets) {
            Ok(text) => SaidOctets::Text(text),
            Err(error) => SaidOctets::Base64(BASE64.encode(error.as_bytes())),
        }
    }

    /// The octets; none if the journal was edited and the text is not base64 any more.
    #[must_use]
    pub fn octets(&self) -> Cow<'_, [u8]> {
        match self {
            SaidOctets::Text(text) => Cow::Borrowed(text.as_bytes()),
            SaidOctets::Base64(text) => Cow::Owned(BASE64.decode(text).unwrap_or_default()),
        }
    }
}

impl LeftOut {
    /// True if nothing was left out.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.octets == 0
    }
}

/// RFC 3339 with six digits after the seconds, so that the lines can be sorted as text.
pub(crate) mod moment {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{time:.6}"))
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A name that can be shown and typed: an edited journal may contain anything.
fn name<'a, D: Deserializer<'a>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    if !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
        Ok(name)
    } else {
        Err(D::Error::custom("a connection is named by letters and digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teaching::explain::{Observer, Texts};

    fn record(what: Happened) -> Record {
        Record {
            time: "2026-11-25T17:00:00.000001Z".parse().unwrap(),
            place: RecordedConnection {
                connection: "k7m2x4qz".to_owned(),
                ours: Side::Server,
                protocol: Some(Protocol::Smtp),
                service: "smtp".to_owned(),
                thread: "smtp 127.0.0.1:4711".to_owned(),
                client: "127.0.0.1:4711".parse().unwrap(),
                server: "[::1]:2025".parse().unwrap(),
            },
            what,
        }
    }

    fn meaning(line: &str) -> Explained {
        let mut observer = Observer::new(Protocol::Smtp, Texts::compiled_in());
        observer.client(line.as_bytes())
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let said = |octets: &[u8], explained| {
            Happened::Said(Said {
                by: Side::Client,
                octets: SaidOctets::of(octets.to_vec()),
                left_out: LeftOut::default(),
                explained,
            })
        };
        let rows = [
            Happened::Opened,
            said(b"EHLO me\r\n", Some(meaning("EHLO me"))),
            said(b"MAIL FROM:<>  SIZE=x\r\n", Some(meaning("MAIL FROM:<>  SIZE=x"))),
            said(b"\xff\x00\r\n", None),
            Happened::Secured {
                version: "TLSv1.3".to_owned(),
                cipher: "TLS_AES_256_GCM_SHA384".to_owned(),
                explained: None,
            },
            Happened::Failed { why: "tlsv1 alert unknown ca".to_owned(), explained: None },
            Happened::Ended { by: Side::Server },
            Happened::Reset,
            Happened::Lost,
            Happened::Closed,
        ];
        for what in rows {
            let record = record(what);
            let line = serde_json::to_string(&record).unwrap();
            assert!(!line.contains('\n'), "{line}");
            let mut read = serde_json::from_str::<Record>(&line).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), line);
            // The journal has the keys of entries; the sentences come from the texts.
            if let Happened::Said(said) = &mut read.what {
                let explained = said.explained.take();
                let in_words = |it: Explained| it.in_words(&Texts::compiled_in(), usize::MAX);
                said.explained = explained.and_then(in_words);
            }
            assert_eq!(read, record, "{line}");
        }
    }

    #[test]
    fn a_line_looks_as_it_is_documented() {
        let what = Happened::Said(Said {
            by: Side::Client,
            octets: SaidOctets::of(b"EHLO me\r\n".to_vec()),
            left_out: LeftOut { lines: 1, octets: 2 },
            explained: Some(meaning("EHLO me")),
        });
        let expected = concat!(
            r#"{"time":"2026-11-25T17:00:00.000001Z","connection":"k7m2x4qz","ours":"server","#,
            r#""protocol":"smtp","service":"smtp","thread":"smtp 127.0.0.1:4711","#,
            r#""client":"127.0.0.1:4711","server":"[::1]:2025","event":"said","by":"client","#,
            r#""text":"EHLO me\r\n","left_out":{"lines":1,"octets":2},"#,
            r#""explained":{"entry":"smtp.command.EHLO","#,
            r#""parts":[{"role":"verb","start":0,"end":4,"entry":"smtp.command.EHLO"},{"role":"client-name","start":5,"end":7}],"#,
            r#""command":"EHLO","number":1,"before":"greeting","after":"greeting"}}"#,
        );
        assert_eq!(serde_json::to_string(&record(what)).unwrap(), expected);
    }

    #[test]
    fn a_name_that_would_speak_to_the_terminal_is_none() {
        let line = serde_json::to_string(&record(Happened::Opened)).unwrap();
        for (name, is_record) in [("k7m2", true), ("", false), ("\\u001b[2J", false), ("é", false)]
        {
            let line = line.replace("k7m2x4qz", name);
            let read = serde_json::from_str::<Record>(&line);
            assert_eq!(read.is_ok(), is_record, "{line}");
        }
    }

    #[test]
    fn octets_that_are_no_text_are_base64() {
        assert_eq!(SaidOctets::of(b"\xff".to_vec()), SaidOctets::Base64("/w==".to_owned()));
        assert_eq!(SaidOctets::of("ä".into()), SaidOctets::Text("ä".to_owned()));
        assert_eq!(&*SaidOctets::Base64("/w==".to_owned()).octets(), b"\xff");
        assert_eq!(&*SaidOctets::Base64("?".to_owned()).octets(), b"");
    }
}
