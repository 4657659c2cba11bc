//! The arguments of SEARCH (RFC 3501 §6.4.4 and §9, `search-key`; RFC 9051 §6.4.4), SORT and THREAD
//! (RFC 5256).
//!
//! - [`Search`], [`SearchKey`]: the keys, which `parse.rs` parses and `print.rs` prints;
//! - [`Returns`]: the results that are wanted;   [`Sort`], [`Thread`]: the order of the results.
//!
//! Keys nest to a bound, so neither parsing nor evaluating nor dropping them can run out of stack. Keys
//! of one shape share a variant; tables hold their names.

mod parse;
mod print;
mod returns;
mod sort;
mod thread;

pub use returns::Returns;
pub use sort::{Criterion, Sort, SortKey};
pub use thread::{Algorithm, Thread};

use jiff::civil::Date;

use super::message_set::MessageSet;
use crate::mail::message::Flag;

/// How deep NOT, OR and parentheses may nest. Clients write an OR of many words as a chain.
pub const DEEPEST: usize = 100;

/// The most texts in one search: each is looked for in every message.
pub const MOST_TEXTS: usize = 1000;

/// A SEARCH, or the search part of a command that has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The results that the client wants; `None` for RFC 3501's, `* SEARCH 2 84`.
    pub returns: Option<Returns>,
    /// The charset, if the client named one.
    pub charset: Option<SearchCharset>,
    /// All of these must be true; there is at least one.
    pub keys: Vec<SearchKey>,
}

/// The charset of the texts, in upper case. The default is UTF-8, which includes ASCII
/// (RFC 9051 §6.4.4). For one that is not [known](SearchCharset::is_known) the reply is `NO [BADCHARSET …]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchCharset(String);

impl SearchCharset {
    /// The charset with this name.
    #[must_use]
    pub fn named(name: &str) -> SearchCharset {
        SearchCharset(name.to_ascii_uppercase())
    }

    /// True if the texts can be decoded from it.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(&*self.0, "US-ASCII" | "UTF-8")
    }
}

/// A search key, which is true or false for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey {
    /// `ALL`: always true.
    All,
    /// `SEEN`, `DELETED`, …: the message has this flag.
    Has(Flag),
    /// `UNSEEN`, `UNDELETED`, …: the message lacks this flag.
    Lacks(Flag),
    /// `KEYWORD`: the message has this keyword.
    Keyword(String),
    /// `UNKEYWORD`: the message lacks this keyword.
    Unkeyword(String),
    /// `RECENT`: this session was the first to be told of it.
    Recent,
    /// `NEW`: recent, and without `\Seen`.
    New,
    /// `OLD`: not recent.
    Old,
    /// `FROM`, `BODY`, …: this text is in this part of the message.
    Text(TextPlace, String),
    /// `HEADER`: the field contains this text; for an empty text, it exists.
    Header {
        /// The field's name.
        field: String,
        /// The text.
        text: String,
    },
    /// `BEFORE`, `SENTON`, …: a comparison of dates.
    Date {
        /// The date of the message.
        clock: Clock,
        /// The comparison.
        when: When,
        /// The day to compare with.
        date: Date,
    },
    /// `LARGER`: larger than so many octets.
    Larger(u64),
    /// `SMALLER`: smaller than so many octets.
    Smaller(u64),
    /// `YOUNGER`: received within the last so many seconds (RFC 5032).
    Younger(u32),
    /// `OLDER`: received before that.
    Older(u32),
    /// Message numbers.
    Numbers(MessageSet),
    /// `UID`: UIDs.
    Uids(MessageSet),
    /// `NOT`.
    Not(Box<SearchKey>),
    /// `OR`: one or both.
    Or(Box<SearchKey>, Box<SearchKey>),
    /// Parentheses: all of these; there is at least one.
    And(Vec<SearchKey>),
}

/// The part of a message in which a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextPlace {
    /// The Bcc field.
    Bcc,
    /// The body.
    Body,
    /// The Cc field.
    Cc,
    /// The From field.
    From,
    /// The Subject field.
    Subject,
    /// Header and body.
    Text,
    /// The To field.
    To,
}

/// A date of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The internal date: when it was received.
    Internal,
    /// The Date field: when it was sent.
    Sent,
}

/// A comparison of days, without time and zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Earlier.
    Before,
    /// The same day.
    On,
    /// The same day or later.
    Since,
}

/// The keys that are one word.
const WORDS: [(&str, SearchKey); 14] = [
    ("ALL", SearchKey::All),
    ("ANSWERED", SearchKey::Has(Flag::Answered)),
    ("DELETED", SearchKey::Has(Flag::Deleted)),
    ("DRAFT", SearchKey::Has(Flag::Draft)),
    ("FLAGGED", SearchKey::Has(Flag::Flagged)),
    ("SEEN", SearchKey::Has(Flag::Seen)),
    ("UNANSWERED", SearchKey::Lacks(Flag::Answered)),
    ("UNDELETED", SearchKey::Lacks(Flag::Deleted)),
    ("UNDRAFT", SearchKey::Lacks(Flag::Draft)),
    ("UNFLAGGED", SearchKey::Lacks(Flag::Flagged)),
    ("UNSEEN", SearchKey::Lacks(Flag::Seen)),
    ("RECENT", SearchKey::Recent),
    ("NEW", SearchKey::New),
    ("OLD", SearchKey::Old),
];

/// The keys that look for a text.
const PLACES: [(&str, TextPlace); 7] = [
    ("BCC", TextPlace::Bcc),
    ("BODY", TextPlace::Body),
    ("CC", TextPlace::Cc),
    ("FROM", TextPlace::From),
    ("SUBJECT", TextPlace::Subject),
    ("TEXT", TextPlace::Text),
    ("TO", TextPlace::To),
];

/// The keys that compare a date.
const DATES: [(&str, (Clock, When)); 6] = [
    ("BEFORE", (Clock::Internal, When::Before)),
    ("ON", (Clock::Internal, When::On)),
    ("SINCE", (Clock::Internal, When::Since)),
    ("SENTBEFORE", (Clock::Sent, When::Before)),
    ("SENTON", (Clock::Sent, When::On)),
    ("SENTSINCE", (Clock::Sent, When::Since)),
];

#[cfg(test)]
pub(super) mod tests;
