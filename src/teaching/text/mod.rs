//! Text for people: in colour, in the columns that there are, with sizes and dates in short.

mod hexadecimal;
mod layout;
mod page;
mod readable;
mod save_file;
mod state_list;
mod style;

pub(crate) use hexadecimal::hexadecimal;
pub(crate) use layout::{WIDEST, behind, paragraphs, rule, shown, spoken, without_ending};
pub use page::Page;
pub use readable::{local_date, readable_size};
pub use save_file::{SaveError, save_file};
pub(crate) use state_list::states;
pub use style::Style;
