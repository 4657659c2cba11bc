//! What a message shows as: its text as lines with links in them, its pictures, its files.
//!
//! A page (HTML) becomes text that can be read; nothing in it is fetched from anywhere, and nothing
//! runs. Where a link leads stands behind it, unless it says so itself. All this is work for a worker:
//! a message can be large.

use std::io::Cursor;
use std::sync::LazyLock;

use eframe::egui::{Color32, ColorImage};
use html2text::render::RichAnnotation;
use image::{ImageReader, Limits};
use regex::Regex;

use crate::mail::message::{Attachment, ParsedMessage};

/// Characters of a text that are shown; of a longer one the rest can be saved.
pub const CHARACTERS: usize = 200_000;

/// Pictures of one message that are shown; the others can be saved.
const PICTURES: usize = 20;

/// Points of a picture's longer side: enough for any window, and within every card's textures.
const POINTS: u32 = 1_600;

/// Points of a picture's side, and octets for decoding it, beyond which it is not shown: a file of
/// some kilobytes can be a picture of gigabytes.
const SIDE: u32 = 16_384;
const DECODING: u64 = 256 * 1024 * 1024;

/// Tags of a page that is laid out; of one with more only the words are read. A newsletter has some
/// hundreds, and what a page costs grows with the square of their depth.
const TAGS: usize = 4_000;

/// Columns of a page. It is wrapped by the window, not here.
const UNWRAPPED: usize = 10_000;

/// A message as it is shown.
#[derive(Clone, Debug, Default)]
pub struct RenderedMessage {
    /// The message.
    pub uid: u32,
    /// Who, when, what, and the files.
    pub reading: ParsedMessage,
    /// The text.
    pub text: Vec<TextLine>,
    /// The same as the page says it, if there is a page beside a text.
    pub page: Option<Vec<TextLine>>,
    /// Was there more of it?
    pub cut: bool,
    /// The pictures among the files.
    pub pictures: Vec<Picture>,
    /// The whole message, as it travelled.
    pub source: Vec<u8>,
}

/// A picture, decoded.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file's name.
    pub name: String,
    /// Its points.
    pub image: ColorImage,
}

/// A line of text.
pub type TextLine = Vec<TextSpan>;

/// A piece of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextSpan {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub link: Option<String>,
    /// Is it stressed?
    pub strong: bool,
    /// Is it a quotation of the message before?
    pub quoted: bool,
}

impl RenderedMessage {
    /// Makes a message ready to be shown.
    #[must_use]
    pub fn of(uid: u32, source: Vec<u8>) -> RenderedMessage {
        let mut reading = ParsedMessage::of(&source);
        let page = reading.html.take();
        let plain = !reading.text_is_from_html && !reading.text.trim().is_empty();
        let text = beginning(&reading.text);
        let cut = text.len() < reading.text.len();
        let page = page.filter(|page| page.matches('<').count() <= TAGS);
        let page = page.map(|page| page_lines(&page));
        let (text, page) = match (page, plain) {
            (Some(page), false) => (page, None),
            (page, _) => (text_lines(text), page),
        };
        let pictures = reading.attachments.iter().filter_map(Picture::of);
        let pictures = pictures.take(PICTURES).collect();
        RenderedMessage {
            uid,
            text,
            page,
            cut,
            pictures,
            reading,
            source,
        }
    }
}

impl RenderedMessage {
    /// The message as it travelled, as lines.
    #[must_use]
    pub fn source_lines(&self) -> Vec<TextLine> {
        let source = self.source.get(..CHARACTERS).unwrap_or(&self.source);
        let line = |line: &str| TextSpan {
            text: visible(line),
            ..TextSpan::default()
        };
        let source = String::from_utf8_lossy(source);
        source.lines().map(|text| vec![line(text)]).collect()
    }
}

/// What is shown of a text. The message keeps the whole of it, to be answered and written on.
fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(CHARACTERS);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Plain text as lines; addresses of the web become links.
#[must_use]
pub fn text_lines(text: &str) -> Vec<TextLine> {
    text.trim_end().lines().map(text_line).collect()
}

fn text_line(line: &str) -> TextLine {
    let quoted = line.starts_with('>');
    let span = |text: &str, link: Option<&str>| TextSpan {
        text: visible(text),
        link: link.map(str::to_owned),
        strong: false,
        quoted,
    };
    let (mut spans, mut at) = (Vec::new(), 0);
    for found in ADDRESS.find_iter(line) {
        spans.push(span(&line[at..found.start()], None));
        spans.push(span(found.as_str(), Some(found.as_str())));
        at = found.end();
    }
    spans.push(span(&line[at..], None));
    spans.retain(|span| !span.text.is_empty());
    spans
}

/// An address of the web, without what follows it in a sentence.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    // The pattern is a constant, and a test uses it.
    #[allow(clippy::expect_used)]
    Regex::new(r#"https?://[^\s<>"]*[^\s<>".,;:!?)\]']"#).expect("the pattern is right")
});

/// Tabs as spaces, and no other control characters.
fn visible(text: &str) -> String {
    let text = text.replace('\t', "    ");
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A page as lines.
fn page_lines(page: &str) -> Vec<TextLine> {
    let config = html2text::config::rich().raw_mode(true);
    // A page that cannot be laid out is shown as it came.
    let Ok(lines) = config.lines_from_read(page.as_bytes(), UNWRAPPED) else {
        return text_lines(page);
    };
    let mut left = CHARACTERS;
    let mut shown: Vec<TextLine> = Vec::new();
    for line in lines {
        let mut spans = Vec::new();
        for piece in line.tagged_strings() {
            spans.extend(page_spans(&piece.s, &piece.tag));
        }
        let characters: usize = spans.iter().map(|span: &TextSpan| span.text.len()).sum();
        let Some(rest) = left.checked_sub(characters) else {
            break;
        };
        left = rest;
        shown.push(spans);
    }
    shown
}

/// A piece of a page, and behind a link where it leads.
fn page_spans(text: &str, notes: &[RichAnnotation]) -> Vec<TextSpan> {
    let link = notes.iter().find_map(|note| match note {
        RichAnnotation::Link(address) => Some(visible(address)),
        _ => None,
    });
    let picture = notes
        .iter()
        .any(|note| matches!(note, RichAnnotation::Image(_)));
    let strong = notes.contains(&RichAnnotation::Strong);
    let text = match picture {
        true => format!("[picture: {}]", visible(text)),
        false => ruled(&visible(text)),
    };
    let says_where = link.as_ref().is_some_and(|link| text.trim() == link);
    let where_to = link
        .as_ref()
        .filter(|_| !says_where && !text.trim().is_empty());
    let behind = where_to.map(|link| TextSpan {
        text: format!(" <{link}>"),
        link: Some(link.clone()),
        ..TextSpan::default()
    });
    let span = TextSpan {
        text,
        link,
        strong,
        quoted: false,
    };
    [Some(span), behind].into_iter().flatten().collect()
}

/// A rule is as long as the page is wide; here it is a short one.
fn ruled(text: &str) -> String {
    match text.len() > UNWRAPPED && text.chars().all(|c| "─-=".contains(c)) {
        true => "────────".to_owned(),
        false => text.to_owned(),
    }
}

impl Picture {
    /// The picture in a file, if it is one that can be shown: PNG, JPEG, GIF.
    fn of(file: &Attachment) -> Option<Picture> {
        if !file.content_type.to_ascii_lowercase().starts_with("image/") {
            return None;
        }
        let reader = ImageReader::new(Cursor::new(&file.bytes)).with_guessed_format();
        let mut reader = reader.ok()?;
        let mut limits = Limits::default();
        (limits.max_image_width, limits.max_image_height) = (Some(SIDE), Some(SIDE));
        limits.max_alloc = Some(DECODING);
        reader.limits(limits);
        let decoded = reader.decode().ok()?;
        let decoded = match decoded.width().max(decoded.height()) > POINTS {
            true => decoded.thumbnail(POINTS, POINTS),
            false => decoded,
        };
        let points = decoded.to_rgba8();
        let size = [points.width() as usize, points.height() as usize];
        let colours = points.pixels().map(|point| {
            let [red, green, blue, alpha] = point.0;
            Color32::from_rgba_unmultiplied(red, green, blue, alpha)
        });
        Some(Picture {
            name: file.name.clone(),
            image: ColorImage::new(size, colours.collect()),
        })
    }
}

#[cfg(test)]
mod tests;
