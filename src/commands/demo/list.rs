//! The list of the demos, in the order of a lecture.

use std::io::{self, Write};

use crate::commands::{CommandError, terminal};
use crate::teaching::script::DEMOS;
use crate::teaching::text::{TextStyle, wrap};

const HOW: &str = "pillarbox demo NAME plays a demo; --step waits for you before each line, \
                   --predict lets you guess the replies, --explain all explains each line.";

/// Prints each demo with its title, and what one learns from it.
pub(super) fn print(out: &mut io::StdoutLock<'_>) -> Result<(), CommandError> {
    let page = listed(TextStyle::on(out), terminal::width())?;
    Ok(out.write_all(page.as_bytes())?)
}

fn listed(style: TextStyle, width: Option<usize>) -> Result<String, CommandError> {
    let longest = DEMOS.iter().map(|demo| demo.name.len()).max();
    let column = longest.unwrap_or(0) + 2;
    // The title is beside the name if there is room for both, otherwise below it.
    let narrow = width.is_some_and(|width| width < 3 * column);
    let indent = " ".repeat(if narrow { 4 } else { column });
    let mut page = String::new();
    for demo in DEMOS {
        let script = demo
            .script()
            .map_err(|error| CommandError::Job(format!("demos/{}.demo, {error}", demo.name)))?;
        let title = wrap(&indent, &indent, &script.title, width).join("\n");
        let name = style.bold(demo.name);
        if narrow {
            page += &format!("{name}\n{title}\n");
        } else {
            let gap = " ".repeat(column - demo.name.len());
            page += &format!("{name}{gap}{}\n", title.trim_start());
        }
        for line in wrap(&indent, &indent, &script.summary, width) {
            page += &format!("{}\n", style.faint(&line));
        }
    }
    page.push('\n');
    for line in wrap("", "", HOW, width) {
        page += &format!("{line}\n");
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_demo_is_listed_in_the_columns_that_there_are() {
        for width in [None, Some(80), Some(40)] {
            let page = listed(TextStyle::Plain, width).unwrap();
            for demo in DEMOS {
                // After the name comes a space or, where the screen is narrow, the end of the line.
                let mut lines = page.lines();
                let line = lines.find(|line| line.split(' ').next() == Some(demo.name));
                assert!(line.is_some(), "{}: {page}", demo.name);
            }
            let most = page.lines().map(|line| line.chars().count()).max();
            assert!(width.is_none() || most <= width, "{page}");
        }
    }
}
