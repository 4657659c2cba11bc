//! A walkthrough as a test reads it: its questions, its display filters, its traces, its answers.

use std::fs;
use std::path::PathBuf;

use super::page;

/// A page of `docs/wireshark/`, and its answers.
pub(crate) struct Walkthrough {
    /// `1-smtp`.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) answers: String,
}

/// A fenced block: what stands after the fence, and what is in it.
pub(crate) struct Block {
    pub(crate) info: String,
    pub(crate) lines: Vec<String>,
}

impl Walkthrough {
    /// All of them, in their order.
    pub(crate) fn all() -> Vec<Walkthrough> {
        let files = fs::read_dir(page("")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let numbered = |name: String| {
            let name = name.strip_suffix(".md")?;
            name.starts_with(|c: char| c.is_ascii_digit()).then(|| name.to_owned())
        };
        let mut names: Vec<String> = names.filter_map(numbered).collect();
        names.sort();
        let read = |name: String| Walkthrough {
            text: fs::read_to_string(page(&format!("{name}.md"))).unwrap(),
            answers: fs::read_to_string(page(&format!("answers/{name}.md"))).unwrap_or_default(),
            name,
        };
        names.into_iter().map(read).collect()
    }

    /// The command lines that make its traces: those with `--capture`, as a reader types them.
    pub(crate) fn commands(&self) -> Vec<String> {
        let shell = blocks(&self.text).into_iter();
        let lines = shell.filter(|block| block.info == "sh");
        let lines = lines.flat_map(|block| block.lines);
        lines.filter(|line| line.contains("--capture ")).collect()
    }

    /// The names of the traces that it is about, as its commands say.
    pub(crate) fn traces(&self) -> Vec<String> {
        let commands = self.commands();
        let named = commands.iter().filter_map(|line| {
            let (_, after) = line.split_once("--capture ")?;
            after.split(' ').next().map(str::to_owned)
        });
        named.collect()
    }

    /// Its display filters; each with the trace that it is for, and whether it finds anything there.
    /// The fence may say so: `wireshark`, `wireshark none`, `wireshark 4-tls-1.3.pcapng none`.
    pub(crate) fn filters(&self) -> Vec<(String, String, bool)> {
        let mut filters = Vec::new();
        for block in blocks(&self.text) {
            let mut words = block.info.split(' ');
            if words.next() != Some("wireshark") {
                continue;
            }
            let words: Vec<&str> = words.collect();
            let named = words.iter().find(|word| word.ends_with(".pcapng"));
            let trace = named.map(|name| (*name).to_owned());
            let trace = trace.unwrap_or_else(|| self.traces()[0].clone());
            for filter in block.lines {
                filters.push((trace.clone(), filter, !words.contains(&"none")));
            }
        }
        filters
    }

    /// How many questions it has: numbered from 1 under their heading.
    pub(crate) fn questions(&self) -> usize {
        let (_, questions) = self.text.split_once("\n## Questions\n").unwrap();
        let questions = questions.split("\n## ").next().unwrap();
        numbered(questions)
    }

    /// Its pictures.
    pub(crate) fn pictures(&self) -> Vec<PathBuf> {
        let pictures = self.text.split("](pictures/").skip(1);
        let name = |rest: &str| rest.split(')').next().unwrap().to_owned();
        pictures.map(|rest| page("pictures").join(name(rest))).collect()
    }
}

/// How many items a numbered list has; they are numbered one by one.
pub(crate) fn numbered(text: &str) -> usize {
    let number = |line: &str| line.split_once(". ")?.0.parse::<usize>().ok();
    let numbers: Vec<usize> = text.lines().filter_map(number).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len()), "{numbers:?}");
    numbers.len()
}

/// The fenced blocks of a page, without the indentation that they may have in a list.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        let line = line.trim_start();
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                open = Some(Block { info: info.to_owned(), lines: Vec::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block without an end");
    blocks
}
