//! Two things that egui does not do with the keyboard.
//!
//! - egui takes the keyboard from everything below a modal window. [`Keyboard`] gives it back when that is closed.
//! - egui delivers all keys since the last frame at once, and the control with the keyboard gets all their letters, even
//!   those after a Tab or after the key that opens a field. [`TypeAhead`] delivers a key that may move the keyboard
//!   alone: after the keys before it, and in a frame before the keys after it.

use std::collections::VecDeque;

use eframe::egui::{Context, Event, Id, Key, Modifiers, Plugin, RawInput};

/// The control that had the keyboard before a modal window opened.
#[derive(Default)]
pub(super) struct Keyboard {
    before: Option<Id>,
    /// A modal window was open in the last frame.
    was_covered: bool,
}

impl Keyboard {
    /// Remembers which control has the keyboard, or gives it back, unless another control has taken it meanwhile. This
    /// is called before anything of the window is drawn.
    pub(super) fn remember(&mut self, window: &Context) {
        let is_covered = window.memory(|memory| memory.top_modal_layer().is_some());
        window.memory_mut(|memory| {
            if is_covered {
                return;
            }
            match self.before {
                Some(before) if self.was_covered && memory.focused().is_none() => {
                    memory.request_focus(before);
                }
                _ => self.before = memory.focused(),
            }
        });
        self.was_covered = is_covered;
        // An event closes a modal window; the next frame notices that.
        if is_covered && window.input(|input| !input.events.is_empty()) {
            window.request_repaint();
        }
    }
}

/// Events that wait for the next frame.
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

/// The number of events for one frame: all before the first key that may move the keyboard, or that key with the text
/// that it writes. A key that is held down repeats, and counts once.
fn together(events: &[Event], typing: bool) -> usize {
    let moving = |event: &Event| pressed(event).filter(|press| moves(*press, typing));
    let Some(first) = events.iter().position(|event| moving(event).is_some()) else {
        return events.len();
    };
    if first > 0 {
        return first;
    }
    let key = events.first().and_then(pressed).map(|(key, _)| key);
    let belongs_to_it = |event: &&Event| match event {
        Event::Text(_) => true,
        other => pressed(other).is_some_and(|(again, _)| Some(again) == key),
    };
    events.iter().take_while(belongs_to_it).count()
}

fn pressed(event: &Event) -> Option<(Key, Modifiers)> {
    match event {
        Event::Key { key, pressed: true, modifiers, .. } => Some((*key, *modifiers)),
        _ => None,
    }
}

/// True if another control may have the keyboard after this key. In a text most keys only write.
fn moves((key, modifiers): (Key, Modifiers), typing: bool) -> bool {
    let leaves = matches!(key, Key::Tab | Key::Enter | Key::Escape | Key::F1 | Key::F5 | Key::F10);
    !typing || leaves || modifiers.command || modifiers.alt
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: Key, pressed: bool) -> Event {
        Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE }
    }

    fn letter(of: Key) -> [Event; 3] {
        let text = of.name().to_lowercase();
        [key(of, true), Event::Text(text), key(of, false)]
    }

    #[test]
    fn letters_before_and_after_a_tab_are_not_drawn_with_it() {
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
