//! The demos that there are, in the order of a lecture.

use std::io::{self, Write};

use crate::commands::{CommandError, terminal};
use crate::teaching::script::DEMOS;
use crate::teaching::text::{TextStyle, wrap};

/// Columns of the names, with the space after them.
const NAMES: usize = 18;

const HOW: &str = "pillarbox demo NAME plays one; --step waits for you before each line, \
                   --predict lets you guess the replies, --explain all says what each line means.";

/// Prints each with its title, and what one learns from it.
pub(super) fn print(out: &mut io::StdoutLock<'_>) -> Result<(), CommandError> {
    let (style, width) = (TextStyle::on(out), terminal::width());
    match out.write_all(listed(style, width)?.as_bytes()) {
        // Whoever reads us has seen enough: `pillarbox demo | head`.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn listed(style: TextStyle, width: Option<usize>) -> Result<String, CommandError> {
    let mut page = String::new();
    for demo in DEMOS {
        let script = demo
            .script()
            .map_err(|error| CommandError::Job(format!("demos/{}.demo, {error}", demo.name)))?;
        let name = format!("{:<NAMES$}", demo.name);
        // Beside the name where there is room for both, else below it.
        let narrow = width.is_some_and(|width| width < 3 * NAMES);
        let indent = " ".repeat(if narrow { 4 } else { NAMES });
        for (at, line) in wrap(&indent, &indent, &script.title, width)
            .iter()
            .enumerate()
        {
            let text = line.trim_start();
            match (at, narrow) {
                (0, true) => page += &format!("{}\n{indent}{text}\n", style.bold(name.trim_end())),
                (0, false) => page += &format!("{}{text}\n", style.bold(&name)),
                _ => page += &format!("{indent}{text}\n"),
            }
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
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_demo_is_listed_in_the_columns_that_there_are() {
        for width in [None, Some(80), Some(40)] {
            let page = listed(TextStyle::Plain, width).unwrap();
            for demo in DEMOS {
                assert!(page.contains(demo.name), "{}", demo.name);
            }
            let most = page.lines().map(|line| line.chars().count()).max();
            assert!(width.is_none() || most <= width, "{page}");
        }
    }
}
