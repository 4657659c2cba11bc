//! Text for people: colours, columns, dates and sizes, and pages that explain.

mod layout;
mod page;
mod readable;
mod save_file;
mod style;

pub(crate) use layout::{
    WIDEST, escaped, hexadecimal, paragraphs, rule, spoken, without_ending, wrap,
};
pub use page::Page;
pub(crate) use page::states;
pub use readable::{local_date, readable_size};
pub(crate) use readable::{local_time, readable_duration};
pub use save_file::{SaveError, save_file};
pub use style::TextStyle;
