//! What must hold of the walkthroughs without Wireshark: they are whole.

use std::fs;

use super::page;
use super::page::{Walkthrough, numbered};

/// The largest trace and the largest picture, in octets: a clone of the repository has them all.
const TRACE: u64 = 64 * 1024;
const PICTURE: u64 = 160 * 1024;

#[test]
fn each_walkthrough_is_whole() {
    let all = Walkthrough::all();
    let index = fs::read_to_string(page("README.md")).unwrap();
    for walkthrough in &all {
        let name = &walkthrough.name;
        assert!(index.contains(&format!("({name}.md)")), "{name} is not in the README's table");
        let questions = walkthrough.questions();
        assert!(questions >= 5, "{name} has {questions} questions");
        assert_eq!(numbered(&walkthrough.answers), questions, "{name}: questions and answers");
        assert!(walkthrough.filters().len() >= 4, "{name} has few filters");
        for trace in walkthrough.traces() {
            let size = fs::metadata(page(&trace)).unwrap().len();
            assert!((500..TRACE).contains(&size), "{trace}: {size} octets");
            let link = format!("({trace})");
            assert!(walkthrough.text.contains(&link), "{name}: no link to {trace}");
        }
        let pictures = walkthrough.pictures();
        assert!(!pictures.is_empty(), "{name} has no picture");
        for picture in pictures {
            let size = fs::metadata(&picture).unwrap().len();
            assert!((5_000..PICTURE).contains(&size), "{}: {size} octets", picture.display());
        }
    }
    assert_eq!(all.len(), 8, "the walkthroughs were not found");
}

/// No trace and no picture lies about that no page shows.
#[test]
fn nothing_is_left_over() {
    let all = Walkthrough::all();
    let mut known: Vec<String> = all.iter().flat_map(Walkthrough::traces).collect();
    let pictures = all.iter().flat_map(Walkthrough::pictures);
    known.extend(pictures.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()));
    for folder in ["", "pictures"] {
        for file in fs::read_dir(page(folder)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".pcapng") || name.ends_with(".png") {
                assert!(known.contains(&name), "no page shows {name}");
            }
        }
    }
}
