//! Parses the text of `config.ini` into sections of settings, each taken once.
//!
//! The `ini` crate does the parsing. It is more lenient than we are: it takes the last of repeated keys,
//! takes a line without `=` for a key, and cuts a value at any `;`. So the lines are checked first, which
//! also gives errors their line numbers, and quoted values are protected from it.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use super::error::ConfigError;

/// Placeholders from Unicode's private use area for `;` and `#` inside quotes, and their originals.
const PLACEHOLDERS: [(char, char); 2] = [('\u{e03b}', ';'), ('\u{e023}', '#')];

/// The section in which `ini` puts what is above the first one; [`check`] permits nothing there.
const ABOVE: &str = "default";

/// The sections of a configuration that have not been taken yet.
pub(super) struct IniFile {
    file: String,
    sections: HashMap<String, HashMap<String, Option<String>>>,
}

/// The settings of one section that have not been taken yet.
#[derive(Clone)]
pub(super) struct IniSection {
    place: String,
    settings: HashMap<String, Option<String>>,
}

impl IniFile {
    /// Parses the text of a file; errors have the name `file`.
    pub(super) fn read(file: &str, text: &str) -> Result<IniFile, ConfigError> {
        let checked = check(file, text)?;
        let sections = ini::inistr!(safe & checked)
            .map_err(|error| ConfigError(format!("{file} cannot be understood: {error}")))?;
        Ok(IniFile { file: file.to_owned(), sections })
    }

    /// Takes a section; `None` if the file does not have it.
    pub(super) fn section(&mut self, name: &str) -> Option<IniSection> {
        let settings = self.sections.remove(name)?;
        Some(IniSection { place: format!("{}, [{name}]", self.file), settings })
    }

    /// Takes a section; empty if the file does not have it.
    pub(super) fn section_or_empty(&mut self, name: &str) -> IniSection {
        let place = format!("{}, [{name}]", self.file);
        self.section(name).unwrap_or(IniSection { place, settings: HashMap::new() })
    }

    /// Fails if a section was not taken, because then it is unknown.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        let mut left = self.sections.iter();
        match left.find(|(name, settings)| *name != ABOVE || !settings.is_empty()) {
            None => Ok(()),
            Some((name, _)) => {
                Err(ConfigError(format!("{}: [{name}] is not a section", self.file)))
            }
        }
    }
}

impl IniSection {
    /// Takes the value of a key as text, if the section has it.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.settings.remove(key).map(|value| unquote(&value.unwrap_or_default()))
    }

    /// Takes the value of a key, or the default if the section does not have it.
    pub(super) fn value<T>(&mut self, key: &str, default: T) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Display>,
    {
        self.text(key).map_or(Ok(default), |text| self.parse(key, &text))
    }

    /// Takes the value of a key as [`IniSection::value`] does, parsed by a function.
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
        text.parse().map_err(|why: T::Err| self.error(key, text, &why))
    }

    fn error(&self, key: &str, text: &str, why: &dyn Display) -> ConfigError {
        ConfigError(format!("{} {key} = {text:?}: {why}", self.place))
    }

    /// Returns an error about a key.
    pub(super) fn wrong(&self, key: &str, why: &str) -> ConfigError {
        ConfigError(format!("{} {key}: {why}", self.place))
    }

    /// Returns a function that makes errors about keys, for use after [`IniSection::rest`].
    pub(super) fn wrong_by_key(&self) -> impl Fn(&str, &str) -> ConfigError + use<> {
        let place = self.place.clone();
        move |key, why| ConfigError(format!("{place} {key}: {why}"))
    }

    /// Takes every setting that is left: for sections whose keys are names.
    pub(super) fn rest(self) -> Vec<(String, String)> {
        let text = |value: Option<String>| unquote(&value.unwrap_or_default());
        self.settings.into_iter().map(|(key, value)| (key, text(value))).collect()
    }

    /// Fails if a setting was not taken, because then it is unknown.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        match self.settings.keys().min() {
            None => Ok(()),
            Some(key) => Err(ConfigError(format!("{}: {key} is not a setting", self.place))),
        }
    }
}

/// Refuses the errors that `ini` accepts, and puts placeholders into quoted values.
fn check(file: &str, text: &str) -> Result<String, ConfigError> {
    let mut checked = String::new();
    let mut section = String::new();
    let mut seen = HashMap::new();
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
        let wrong = |what: String| ConfigError(format!("{file}, line {number}: {what}"));
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name.trim().to_lowercase();
            note(&mut seen, format!("[{section}]"), number).map_err(wrong)?;
            checked.push_str(line);
        } else if line.is_empty() || line.starts_with([';', '#']) {
            // Kept as an empty line.
        } else if section.is_empty() {
            let begin = first_word(line);
            return Err(wrong(format!("{begin} is above the first [section]")));
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

/// Returns the first word of a line for an error; the rest may be a password.
fn first_word(line: &str) -> String {
    match line.split_once([' ', '\t', ':', '=']) {
        Some((word, _)) => format!("{:?}", format!("{word} …")),
        None => format!("{line:?}"),
    }
}

/// Remembers the line of a section or key; a second one is an error.
fn note(seen: &mut HashMap<String, usize>, what: String, number: usize) -> Result<(), String> {
    match seen.insert(what.clone(), number) {
        None => Ok(()),
        Some(first) => Err(format!("{what} is already in line {first}")),
    }
}

/// Puts placeholders for `;` and `#` into a quoted value. In another value they must follow a space,
/// where they begin a comment.
fn protect(value: &str) -> Result<String, &'static str> {
    if let Some(rest) = value.strip_prefix('"') {
        let (inside, after) = rest.split_once('"').ok_or("the closing quote is missing")?;
        if !after.trim_start().is_empty() && !after.trim_start().starts_with([';', '#']) {
            return Err("there is text after the closing quote");
        }
        let carry =
            |text: String, (placeholder, real)| text.replace(real, &String::from(placeholder));
        return Ok(format!("\"{}\"", PLACEHOLDERS.into_iter().fold(inside.to_owned(), carry)));
    }
    let comment = value.find([';', '#']).filter(|at| *at > 0);
    if comment.is_some_and(|at| !value[..at].ends_with(char::is_whitespace)) {
        return Err("put a value that contains ; or # into \"double quotes\"");
    }
    Ok(value.to_owned())
}

fn unquote(value: &str) -> String {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        None => value.to_owned(),
        Some(inside) => {
            PLACEHOLDERS.into_iter().fold(inside.to_owned(), |text, (placeholder, real)| {
                text.replace(placeholder, &String::from(real))
            })
        }
    }
}
