//! Keys that come faster than the window is drawn: each is obeyed where it was meant.
//!
//! egui hands over at once all that came since the window was drawn last, and whatever has the keyboard then gets all
//! the letters: those behind a Tab, too, or behind the key that opens a field. Here such a key is drawn alone, before
//! what came behind it, and after what came before it.

use std::collections::VecDeque;

use eframe::egui::{Context, Event, Key, Modifiers, Plugin, RawInput};

/// Events that wait for the window to be drawn.
#[derive(Default)]
pub(super) struct TypeAhead(VecDeque<Event>);

impl Plugin for TypeAhead {
    fn debug_name(&self) -> &'static str {
        "type-ahead"
    }

    fn input_hook(&mut self, window: &Context, input: &mut RawInput) {
        self.0.extend(input.events.drain(..));
        let typing = window.text_edit_focused();
        let now = together(self.0.make_contiguous(), typing);
        input.events.extend(self.0.drain(..now));
        if !self.0.is_empty() {
            window.request_repaint();
        }
    }
}

/// How many of these events are for one drawing: all before the first key that may move the keyboard, or that key
/// with what it writes. While it is held down it comes again and again, and counts once.
fn together(events: &[Event], typing: bool) -> usize {
    let moving = |event: &Event| pressed(event).filter(|press| moves(*press, typing));
    let first = events
        .iter()
        .enumerate()
        .find_map(|(at, event)| Some((at, moving(event)?)));
    let Some((0, (key, _))) = first else {
        return first.map_or(events.len(), |(at, _)| at);
    };
    let is_of_it = |event: &&Event| match event {
        Event::Text(_) => true,
        other => pressed(other).is_some_and(|(again, _)| again == key),
    };
    events.iter().take_while(is_of_it).count()
}

fn pressed(event: &Event) -> Option<(Key, Modifiers)> {
    match event {
        Event::Key {
            key,
            pressed: true,
            modifiers,
            ..
        } => Some((*key, *modifiers)),
        _ => None,
    }
}

/// May the keyboard be elsewhere when this key was obeyed? In a text most keys only write.
fn moves((key, modifiers): (Key, Modifiers), typing: bool) -> bool {
    let leaves = matches!(
        key,
        Key::Tab | Key::Enter | Key::Escape | Key::F1 | Key::F5 | Key::F10
    );
    !typing || leaves || modifiers.command || modifiers.alt
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: Key, pressed: bool) -> Event {
        Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: Modifiers::NONE,
        }
    }

    fn letter(of: Key) -> [Event; 3] {
        let text = of.name().to_lowercase();
        [key(of, true), Event::Text(text), key(of, false)]
    }

    #[test]
    fn what_stands_before_a_tab_and_behind_it_is_not_drawn_with_it() {
        let tab = [key(Key::Tab, true), key(Key::Tab, false)];
        let events = [&letter(Key::A)[..], &letter(Key::B), &tab, &letter(Key::C)].concat();
        assert_eq!(together(&events, true), 6);
        assert_eq!(together(&events[6..], true), 1);
        assert_eq!(together(&events[7..], true), 4);
    }

    #[test]
    fn a_letter_outside_of_a_text_is_drawn_with_what_it_writes() {
        let events = [letter(Key::C), letter(Key::B)].concat();
        assert_eq!(together(&events, false), 2);
        assert_eq!(together(&events[2..], false), 1);
    }

    #[test]
    fn a_key_that_is_held_down_counts_once_and_one_that_is_pressed_twice_does_not() {
        let down = key(Key::ArrowDown, true);
        assert_eq!(together(&[down.clone(), down.clone(), down], false), 3);
        let tab = [key(Key::Tab, true), key(Key::Tab, false)];
        assert_eq!(together(&[&tab[..], &tab].concat(), false), 1);
    }
}
