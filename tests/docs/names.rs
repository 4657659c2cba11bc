//! One type for one name: `grep "struct Envelope"` finds what a reader looks for.

use std::collections::BTreeMap;
use std::fs;

use regex::Regex;

use crate::common::files;

/// Names that may stand for more than one type: an RFC's own words, in two protocols or at two ends.
const WORDS_OF_AN_RFC: [&str; 3] = ["Command", "Envelope", "Reply"];

/// Where each type of the library is defined. A type inside a function or a module of tests is not
/// counted, for no other file can mean it.
fn types() -> BTreeMap<String, Vec<String>> {
    let definition =
        Regex::new(r"(?m)^(?:pub(?:\([a-z]+\))? )?(?:struct|enum|trait|type) ([A-Z][A-Za-z0-9]*)")
            .unwrap();
    let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files::below(&["src"], &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        for found in definition.captures_iter(&text) {
            let places = types.entry(found[1].to_owned()).or_default();
            places.push(path.display().to_string());
        }
    }
    assert!(types.len() > 300, "the types were not found");
    types
}

#[test]
fn a_name_stands_for_one_type() {
    let types = types();
    let offenders: Vec<String> = types
        .iter()
        .filter(|(name, places)| places.len() > 1 && !WORDS_OF_AN_RFC.contains(&name.as_str()))
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    assert!(offenders.is_empty(), "\n{}", offenders.join("\n"));
    for word in WORDS_OF_AN_RFC {
        let places = types.get(word).map_or(0, Vec::len);
        assert!(places > 1, "{word} need not be excepted");
    }
}
