//! A message as the window shows it: its text as lines with links, its pictures, its files.
//!
//! A page (HTML) is shown as text. Nothing in it is fetched or run, and a link is followed by its address. A message can be
//! large, so all this is done by a worker.

use std::io::Cursor;
use std::sync::LazyLock;

use eframe::egui::{Color32, ColorImage};
use html2text::render::RichAnnotation;
use image::{ImageReader, Limits};
use regex::Regex;

use crate::mail::message::{Attachment, ParsedMessage};

/// The number of characters of a text that are shown. The source has the rest of a longer one.
pub const CHARACTERS: usize = 200_000;

/// The number of pictures of one message that are shown. The others can be saved.
const PICTURES: usize = 20;

/// The number of pixels of a picture's longer side: enough for any window, and for every graphics card.
const PIXELS: u32 = 1_600;

/// The longest side of a picture that is decoded, in pixels. A file of some kilobytes can be a picture of gigabytes.
const SIDE: u32 = 16_384;

/// The memory for decoding a picture, in bytes.
const DECODING: u64 = 256 * 1024 * 1024;

/// The number of tags of a page that is laid out; a longer one is shown without its layout. A newsletter has some
/// hundreds of tags, and the cost of a page grows with the square of their depth.
const TAGS: usize = 4_000;

/// The width of a page in columns: wide, because the window wraps the lines.
const UNWRAPPED: usize = 10_000;

/// A message that can be shown.
#[derive(Clone, Debug, Default)]
pub struct RenderedMessage {
    /// The UID of the message.
    pub uid: u32,
    /// The header, the whole text, and the files.
    pub reading: ParsedMessage,
    /// The text that is shown.
    pub text: Vec<TextLine>,
    /// The page as text, if the message has both a page and a plain text.
    pub page: Option<Vec<TextLine>>,
    /// True if the text is longer than what is shown.
    pub cut: bool,
    /// The pictures among the files.
    pub pictures: Vec<Picture>,
    /// The whole message as it was received.
    pub source: Vec<u8>,
}

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The name of the file.
    pub name: String,
    /// The pixels.
    pub image: ColorImage,
}

/// A line of text, in spans.
pub type TextLine = Vec<TextSpan>;

/// A part of a line with one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextSpan {
    /// The text.
    pub text: String,
    /// The address to which it links.
    pub link: Option<String>,
    /// True if it is emphasised.
    pub strong: bool,
    /// True if it quotes an older message.
    pub quoted: bool,
}

impl RenderedMessage {
    /// Renders a message.
    #[must_use]
    pub fn of(uid: u32, source: Vec<u8>) -> RenderedMessage {
        let mut reading = ParsedMessage::of(&source);
        let page = reading.html.take();
        let has_plain_text = !reading.text_is_from_html && !reading.text.trim().is_empty();
        let text = beginning(&reading.text);
        let cut = text.len() < reading.text.len();
        let page = page.filter(|page| page.matches('<').count() <= TAGS);
        let page = page.map(|page| page_lines(&page));
        let (text, page) = match page {
            Some(page) if !has_plain_text => (page, None),
            page => (text_lines(text), page),
        };
        let pictures = reading.attachments.iter().filter_map(Picture::of);
        let pictures = pictures.take(PICTURES).collect();
        RenderedMessage { uid, text, page, cut, pictures, reading, source }
    }

    /// The source of the message as lines.
    #[must_use]
    pub fn source_lines(&self) -> Vec<TextLine> {
        let source = self.source.get(..CHARACTERS).unwrap_or(&self.source);
        let line = |line: &str| TextSpan { text: visible(line), ..TextSpan::default() };
        let source = String::from_utf8_lossy(source);
        source.lines().map(|text| vec![line(text)]).collect()
    }
}

/// The beginning of a text, which is shown. Replies and continued drafts use the whole text.
fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(CHARACTERS);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Plain text as lines, in which web addresses are links.
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
    let mut spans = Vec::new();
    let mut at = 0;
    for found in ADDRESS.find_iter(line) {
        spans.push(span(&line[at..found.start()], None));
        spans.push(span(found.as_str(), Some(found.as_str())));
        at = found.end();
    }
    spans.push(span(&line[at..], None));
    spans.retain(|span| !span.text.is_empty());
    spans
}

/// A web address, without the punctuation that follows it.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    // The pattern is a constant, and a test uses it.
    #[allow(clippy::expect_used)]
    Regex::new(r#"https?://[^\s<>"]*[^\s<>".,;:!?)\]']"#).expect("the pattern is right")
});

/// Replaces tabs by spaces, and removes other control characters.
fn visible(text: &str) -> String {
    let text = text.replace('\t', "    ");
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A page as lines.
fn page_lines(page: &str) -> Vec<TextLine> {
    let config = html2text::config::rich().raw_mode(true);
    // A page that cannot be laid out is shown as its source.
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

/// A piece of a page, followed by the address to which it links, unless it shows that itself.
fn page_spans(text: &str, notes: &[RichAnnotation]) -> Vec<TextSpan> {
    let link = notes.iter().find_map(|note| match note {
        RichAnnotation::Link(address) => Some(visible(address)),
        _ => None,
    });
    let is_picture = |note: &RichAnnotation| matches!(note, RichAnnotation::Image(_));
    let shown = if notes.iter().any(is_picture) {
        format!("[picture: {}]", visible(text))
    } else {
        ruled(&visible(text))
    };
    let mut spans = vec![TextSpan {
        text: shown,
        link: link.clone(),
        strong: notes.contains(&RichAnnotation::Strong),
        quoted: false,
    }];
    let trimmed = text.trim();
    if let Some(link) = link
        && !trimmed.is_empty()
        && trimmed != link
    {
        spans.push(TextSpan {
            text: format!(" <{link}>"),
            link: Some(link),
            ..TextSpan::default()
        });
    }
    spans
}

/// Shortens a horizontal rule, which is as long as the page is wide.
fn ruled(text: &str) -> String {
    if text.len() > UNWRAPPED && text.chars().all(|c| "─-=".contains(c)) {
        "────────".to_owned()
    } else {
        text.to_owned()
    }
}

impl Picture {
    /// Decodes the picture in a file; `None` if it is not PNG, JPEG or GIF, or too large.
    fn of(file: &Attachment) -> Option<Picture> {
        if !file.content_type.to_ascii_lowercase().starts_with("image/") {
            return None;
        }
        let reader = ImageReader::new(Cursor::new(&file.bytes)).with_guessed_format();
        let mut reader = reader.ok()?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(SIDE);
        limits.max_image_height = Some(SIDE);
        limits.max_alloc = Some(DECODING);
        reader.limits(limits);
        let mut decoded = reader.decode().ok()?;
        if decoded.width().max(decoded.height()) > PIXELS {
            decoded = decoded.thumbnail(PIXELS, PIXELS);
        }
        let pixels = decoded.to_rgba8();
        let size = [pixels.width() as usize, pixels.height() as usize];
        let colours = pixels.pixels().map(|pixel| {
            let [red, green, blue, alpha] = pixel.0;
            Color32::from_rgba_unmultiplied(red, green, blue, alpha)
        });
        Some(Picture { name: file.name.clone(), image: ColorImage::new(size, colours.collect()) })
    }
}

#[cfg(test)]
mod tests;
