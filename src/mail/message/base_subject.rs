//! The base subject: a subject without `Re:`, `Fwd:` and `[list]` (RFC 5256 §2.1).
//!
//! The steps have the RFC's numbers, the functions the names of its grammar (§5). Each step only moves
//! an end of the text inwards, and looks at most once at an octet that it does not remove, so a
//! hundred thousand `Re:` cost no more than their length.

/// A base subject, and whether the subject was that of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseSubject {
    /// The base subject.
    pub text: String,
    /// True for a reply or a forward: a `Re:`, `Fwd:`, `(fwd)` or `[Fwd: …]` was removed.
    pub is_reply: bool,
}

impl BaseSubject {
    /// Finds the base of a subject, whose encoded words are decoded already.
    #[must_use]
    pub fn of(subject: &str) -> BaseSubject {
        let subject = single_spaced(subject);
        let mut rest = &*subject;
        let mut is_reply = false;
        loop {
            rest = without_trailers(rest, &mut is_reply);
            rest = without_leaders_and_blobs(rest, &mut is_reply);
            // Step 6.
            match subj_fwd(rest) {
                Some(forwarded) => (rest, is_reply) = (forwarded, true),
                None => break,
            }
        }
        BaseSubject { text: rest.to_owned(), is_reply }
    }
}

/// Step 1: turns tabs and continuations into spaces, and several spaces into one.
fn single_spaced(subject: &str) -> String {
    let mut text = String::with_capacity(subject.len());
    for char in subject.chars() {
        let is_space = matches!(char, ' ' | '\t' | '\r' | '\n');
        if !is_space {
            text.push(char);
        } else if !text.ends_with(' ') {
            text.push(' ');
        }
    }
    text
}

/// Step 2: removes `(fwd)` and spaces at the end.
fn without_trailers<'a>(mut text: &'a str, is_reply: &mut bool) -> &'a str {
    loop {
        text = text.trim_end_matches(' ');
        let Some(at) = text.len().checked_sub("(fwd)".len()) else {
            return text;
        };
        match text.split_at_checked(at) {
            Some((before, trailer)) if trailer.eq_ignore_ascii_case("(fwd)") => {
                (text, *is_reply) = (before, true);
            }
            _ => return text,
        }
    }
}

/// Steps 3 to 5: removes `Re:` and the like, and `[blobs]` as long as something else is left.
fn without_leaders_and_blobs<'a>(mut text: &'a str, is_reply: &mut bool) -> &'a str {
    loop {
        text = text.trim_start_matches(' ');
        // `subj-leader` may begin with blobs. If no `Re:` follows all of them, none follows fewer of
        // them, so they are looked through only once, and the cost stays linear.
        let mut after_blobs = text;
        let mut last_blob = text;
        while let Some(after) = subj_blob(after_blobs) {
            (last_blob, after_blobs) = (after_blobs, after);
        }
        match subj_refwd(after_blobs) {
            Some(after) => (text, *is_reply) = (after, true),
            // Step 4: what is left may be a blob, but not nothing.
            None if after_blobs.is_empty() => return last_blob,
            None => return after_blobs,
        }
    }
}

/// `subj-blob`: returns what follows `[list]`, which has no other bracket in it, and spaces.
fn subj_blob(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let (_, after) = inside.split_at_checked(inside.find(['[', ']'])?)?;
    Some(after.strip_prefix(']')?.trim_start_matches(' '))
}

/// `subj-refwd`: `Re:`, `Fw:`, `Fwd:`, `Re [list]:`.
fn subj_refwd(text: &str) -> Option<&str> {
    let after = ["re", "fwd", "fw"]
        .iter()
        .find_map(|word| without_prefix(text, word))?
        .trim_start_matches(' ');
    subj_blob(after).unwrap_or(after).strip_prefix(':')
}

/// `subj-fwd-hdr` and `subj-fwd-trl`: returns what is within `[Fwd: …]`.
fn subj_fwd(text: &str) -> Option<&str> {
    without_prefix(text, "[fwd:")?.strip_suffix(']')
}

/// Returns what follows this word, which may be in any case.
fn without_prefix<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (first, after) = text.split_at_checked(word.len())?;
    first.eq_ignore_ascii_case(word).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPLY: bool = true;
    const FIRST: bool = false;

    #[test]
    fn base_subjects() {
        let rows = [
            ("", "", FIRST),
            ("hello", "hello", FIRST),
            ("  two \t spaced\r\n words ", "two spaced words", FIRST),
            ("Re: hello", "hello", REPLY),
            ("re:hello", "hello", REPLY),
            ("RE : hello", "hello", REPLY),
            ("Fw: hello", "hello", REPLY),
            ("FWD: hello", "hello", REPLY),
            ("Re: Fwd: re: hello", "hello", REPLY),
            ("Re [list]: hello", "hello", REPLY),
            ("Re[2]: hello", "hello", REPLY),
            ("hello (fwd)", "hello", REPLY),
            ("hello (Fwd) (FWD)  ", "hello", REPLY),
            ("[Fwd: hello]", "hello", REPLY),
            ("[Fwd: [Fwd: Re: hello (fwd)]]", "hello", REPLY),
            ("[list] hello", "hello", FIRST),
            ("[list] [other] hello", "hello", FIRST),
            ("[list] Re: hello", "hello", REPLY),
            ("[list][other]Re: [list] hello", "hello", REPLY),
            ("Re: [list] Re: hello", "hello", REPLY),
            // A blob that is alone is the subject.
            ("[list]", "[list]", FIRST),
            ("[one] [two]", "[two]", FIRST),
            ("Re: [list]", "[list]", REPLY),
            ("[Fwd:]", "", REPLY),
            ("Re:", "", REPLY),
            ("Re: Re:", "", REPLY),
            ("(fwd)", "", REPLY),
            // These look like one of them, and are none.
            ("Regarding: hello", "Regarding: hello", FIRST),
            ("Re hello", "Re hello", FIRST),
            ("Fwdx: hello", "Fwdx: hello", FIRST),
            ("AW: hello", "AW: hello", FIRST),
            ("hello Re: you", "hello Re: you", FIRST),
            ("(fwd) hello", "(fwd) hello", FIRST),
            ("[list hello", "[list hello", FIRST),
            ("[a[b] hello", "[a[b] hello", FIRST),
            ("[Fwd: hello", "[Fwd: hello", FIRST),
            ("[Fwd: hello] you", "you", FIRST),
            ("Re[a][b]: hello", "Re[a][b]: hello", FIRST),
            ("ré: hello", "ré: hello", FIRST),
            ("Re: 日本", "日本", REPLY),
        ];
        for (subject, text, is_reply) in rows {
            let text = text.to_owned();
            assert_eq!(BaseSubject::of(subject), BaseSubject { text, is_reply }, "{subject:?}");
        }
    }

    /// Each of these cost minutes if blobs were looked through again for each that is taken away.
    #[test]
    fn a_hostile_subject_costs_no_more_than_its_length() {
        let begun = std::time::Instant::now();
        for piece in ["Re:", "[a]", "[Fwd:", "(fwd)", "[", "Re [a]", "[a]Re:", " ", "Re:[", "]"] {
            let subject = piece.repeat(100_000);
            for subject in [subject.clone(), format!("{subject}x"), format!("[Fwd:{subject}]")] {
                assert!(BaseSubject::of(&subject).text.len() <= subject.len());
            }
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(30));
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn of_a_base_subject_nothing_is_left_to_take_away(
            pieces in prop::collection::vec(
                prop::sample::select(vec!["Re", ":", " ", "[", "]", "[Fwd:", "(fwd)", "[a]", "x", "é", "\t"]),
                0..12,
            )
        ) {
            let base = BaseSubject::of(&pieces.concat());
            let again = BaseSubject::of(&base.text);
            prop_assert_eq!(&again.text, &base.text);
            prop_assert!(!again.is_reply);
        }
    }
}
