//! From the text of `config.ini` to sections of settings, each taken once.
//!
//! The `ini` crate does the parsing. It is lenient where we are not: it lets a repeated key win
//! silently, takes a line without `=` for a key, and cuts a value at any `;`. So the lines are
//! checked first, which also gives errors their line numbers, and quoted values are carried past it.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use super::ConfigError;

/// Stand-ins from Unicode's private use area for `;` and `#` inside quotes, and what they stand for.
const STAND_INS: [(char, char); 2] = [('\u{e03b}', ';'), ('\u{e023}', '#')];

/// Where `ini` puts what stands above the first section; [`check`] lets nothing stand there.
const ABOVE: &str = "default";

/// The sections of a configuration that have not been taken yet.
pub(super) struct Sections {
    file: String,
    sections: HashMap<String, HashMap<String, Option<String>>>,
}

/// One section, and the settings in it that have not been taken yet.
#[derive(Clone)]
pub(super) struct Section {
    place: String,
    settings: HashMap<String, Option<String>>,
}

impl Sections {
    /// Reads the text of `file`, the name that errors bear.
    pub(super) fn read(file: &str, text: &str) -> Result<Sections, ConfigError> {
        let checked = check(file, text)?;
        let sections = ini::inistr!(safe & checked)
            .map_err(|error| ConfigError(format!("{file} cannot be understood: {error}")))?;
        Ok(Sections {
            file: file.to_owned(),
            sections,
        })
    }

    /// Takes a section; `None` if the file has none of this name.
    pub(super) fn section(&mut self, name: &str) -> Option<Section> {
        let settings = self.sections.remove(name)?;
        Some(Section {
            place: format!("{}, [{name}]", self.file),
            settings,
        })
    }

    /// Takes a section, empty if the file has none of this name.
    pub(super) fn section_or_empty(&mut self, name: &str) -> Section {
        let place = format!("{}, [{name}]", self.file);
        self.section(name).unwrap_or(Section {
            place,
            settings: HashMap::new(),
        })
    }

    /// All is taken; what is left is unknown.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        match self
            .sections
            .iter()
            .find(|(name, settings)| *name != ABOVE || !settings.is_empty())
        {
            None => Ok(()),
            Some((name, _)) => Err(ConfigError(format!(
                "{}: [{name}] is not a section",
                self.file
            ))),
        }
    }
}

impl Section {
    /// The value of a key as text, if the section has it.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.settings
            .remove(key)
            .map(|value| unquote(&value.unwrap_or_default()))
    }

    /// The value of a key, or the default if the section does not have it.
    pub(super) fn value<T>(&mut self, key: &str, default: T) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Display>,
    {
        self.text(key)
            .map_or(Ok(default), |text| self.parse(key, &text))
    }

    /// Like [`Section::value`], through a function of one's own.
    pub(super) fn value_by<T>(
        &mut self,
        key: &str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        match self.text(key) {
            None => Ok(default),
            Some(text) => parse(&text).map_err(|why| self.error(key, &text, &why)),
        }
    }

    fn parse<T: FromStr<Err: Display>>(&self, key: &str, text: &str) -> Result<T, ConfigError> {
        text.parse()
            .map_err(|why: T::Err| self.error(key, text, &why))
    }

    fn error(&self, key: &str, text: &str, why: &dyn Display) -> ConfigError {
        ConfigError(format!("{} {key} = {text:?}: {why}", self.place))
    }

    /// An error about the value of a key that was taken.
    pub(super) fn wrong(&self, key: &str, why: &str) -> ConfigError {
        ConfigError(format!("{} {key}: {why}", self.place))
    }

    /// Like [`Section::wrong`], for when the section itself is taken by [`Section::rest`].
    pub(super) fn wrong_by_key(&self) -> impl Fn(&str, &str) -> ConfigError + use<> {
        let place = self.place.clone();
        move |key, why| ConfigError(format!("{place} {key}: {why}"))
    }

    /// Every setting that is left, by its key: for sections whose keys are names.
    pub(super) fn rest(self) -> Vec<(String, String)> {
        let text = |value: Option<String>| unquote(&value.unwrap_or_default());
        self.settings
            .into_iter()
            .map(|(key, value)| (key, text(value)))
            .collect()
    }

    /// All is taken; what is left is unknown.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        match self.settings.keys().min() {
            None => Ok(()),
            Some(key) => Err(ConfigError(format!(
                "{}: {key} is not a setting",
                self.place
            ))),
        }
    }
}

/// Refuses what `ini` would let pass, and puts stand-ins into quoted values.
fn check(file: &str, text: &str) -> Result<String, ConfigError> {
    let (mut checked, mut section) = (String::new(), String::new());
    let mut seen = HashMap::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
    {
        let wrong = |what: String| ConfigError(format!("{file}, line {number}: {what}"));
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            section = name.trim().to_lowercase();
            note(&mut seen, format!("[{section}]"), number).map_err(wrong)?;
            checked.push_str(line);
        } else if line.is_empty() || line.starts_with([';', '#']) {
            // Kept as an empty line.
        } else if section.is_empty() {
            let begin = first_word(line);
            return Err(wrong(format!("{begin} stands above the first [section]")));
        } else {
            let begin = first_word(line);
            let no_setting = || wrong(format!("{begin} is not a setting: it has no ="));
            let (key, value) = line.split_once('=').ok_or_else(no_setting)?;
            let key = key.trim().to_lowercase();
            note(&mut seen, format!("[{section}] {key}"), number).map_err(wrong)?;
            let value = protect(value.trim()).map_err(|why| wrong(format!("{key}: {why}")))?;
            checked.push_str(&format!("{key} = {value}"));
        }
        checked.push('\n');
    }
    Ok(checked)
}

/// How a line begins, as an error may say it: what follows may be a password.
fn first_word(line: &str) -> String {
    match line.split_once([' ', '\t', ':', '=']) {
        Some((word, _)) => format!("{:?}", format!("{word} …")),
        None => format!("{line:?}"),
    }
}

/// Remembers where something stands; it may stand only once.
fn note(seen: &mut HashMap<String, usize>, what: String, number: usize) -> Result<(), String> {
    match seen.insert(what.clone(), number) {
        None => Ok(()),
        Some(first) => Err(format!("{what} stands in line {first} already")),
    }
}

/// Puts stand-ins for `;` and `#` into a quoted value; elsewhere they must stand after a space,
/// where they begin a comment.
fn protect(value: &str) -> Result<String, &'static str> {
    if let Some(rest) = value.strip_prefix('"') {
        let (inside, after) = rest.split_once('"').ok_or("the closing quote is missing")?;
        if !after.trim_start().is_empty() && !after.trim_start().starts_with([';', '#']) {
            return Err("something stands behind the closing quote");
        }
        let carry = |text: String, (stand_in, real)| text.replace(real, &String::from(stand_in));
        return Ok(format!(
            "\"{}\"",
            STAND_INS.into_iter().fold(inside.to_owned(), carry)
        ));
    }
    let comment = value.find([';', '#']).filter(|at| *at > 0);
    match comment.is_none_or(|at| value[..at].ends_with(char::is_whitespace)) {
        true => Ok(value.to_owned()),
        false => Err("put a value that contains ; or # into \"double quotes\""),
    }
}

fn unquote(value: &str) -> String {
    match value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        None => value.to_owned(),
        Some(inside) => STAND_INS
            .into_iter()
            .fold(inside.to_owned(), |text, (stand_in, real)| {
                text.replace(stand_in, &String::from(real))
            }),
    }
}
