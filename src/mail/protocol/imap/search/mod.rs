//! What SEARCH looks for (RFC 3501 §6.4.4 and §9, `search-key`; RFC 9051 §6.4.4), and with it SORT
//! and THREAD (RFC 5256).
//!
//! - [`Search`], [`SearchKey`]: the keys, which `parse.rs` reads and `print.rs` writes;
//! - [`Returns`]: what of the answer is wanted;   [`Sort`], [`Thread`]: the order in which.
//!
//! Keys nest, to a bound: deeper ones are an error, so neither parsing nor matching nor dropping them
//! can run out of stack. Keys of one shape share a variant; tables hold their names.

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

/// How many texts one search may look for: each costs a look at every message.
pub const MOST_TEXTS: usize = 1000;

/// A SEARCH, or the search part of a command that has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What of the answer the client wants; `None` for the answer of RFC 3501, `* SEARCH 2 84`.
    pub returns: Option<Returns>,
    /// The charset that the client named, if it named one.
    pub charset: Option<Charset>,
    /// All of these must be true; there is at least one.
    pub keys: Vec<SearchKey>,
}

/// The charset of the texts, in upper case. Without one they are UTF-8, which ASCII is too
/// (RFC 9051 §6.4.4). Of one that is not [known](Charset::is_known) the texts may be wrong, and the
/// answer is `NO [BADCHARSET …]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charset(String);

impl Charset {
    /// The charset with this name.
    #[must_use]
    pub fn named(name: &str) -> Charset {
        Charset(name.to_ascii_uppercase())
    }

    /// Is it one that the texts were decoded from?
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(&*self.0, "US-ASCII" | "UTF-8")
    }
}

/// Something that is true of a message, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey {
    /// `ALL`: always true.
    All,
    /// `SEEN`, `DELETED`, …: it has this flag.
    Has(Flag),
    /// `UNSEEN`, `UNDELETED`, …: it has not.
    Lacks(Flag),
    /// `KEYWORD`: it has this keyword.
    Keyword(String),
    /// `UNKEYWORD`: it has not.
    Unkeyword(String),
    /// `RECENT`: this session is the first that was told of it.
    Recent,
    /// `NEW`: recent, and not read.
    New,
    /// `OLD`: not recent.
    Old,
    /// `FROM`, `BODY`, …: this place has this text in it.
    Text(TextPlace, String),
    /// `HEADER`: the field has this text in it; with an empty text, there is such a field.
    Header {
        /// The field's name.
        field: String,
        /// The text.
        text: String,
    },
    /// `BEFORE`, `SENTON`, …: the date compares so.
    Date {
        /// Which date of the message.
        clock: Clock,
        /// How it compares.
        when: When,
        /// With this day.
        date: Date,
    },
    /// `LARGER`: it has more octets than this.
    Larger(u64),
    /// `SMALLER`: it has fewer octets than this.
    Smaller(u64),
    /// `YOUNGER`: it came in the last so many seconds (RFC 5032).
    Younger(u32),
    /// `OLDER`: it did not come in the last so many seconds.
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

/// Where a text is looked for.
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

/// Which date of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// When it came: the internal date.
    Internal,
    /// When it was sent: the Date field.
    Sent,
}

/// How a day compares; time and zone do not count.
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
