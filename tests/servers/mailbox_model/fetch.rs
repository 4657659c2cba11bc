//! The model, continued: FETCH (RFC 3501 §6.4.5), whose answer comes after the news.

use super::command::{Change, Item, Which};
use super::mailbox::Flags;
use super::world::{Answer, GONE, World};

impl World {
    /// RFC 3501 §6.4.5. What is new comes first, so that the answer is not older than the news.
    pub(crate) fn fetch(&mut self, client: usize, which: &Which, items: &[Item]) -> Answer {
        let mut answer = Answer::default();
        let end = |tagged: &str| Some(tagged.to_owned());
        let Some(view) = &self.clients[client].view else {
            answer.tagged = end("BAD");
            return answer;
        };
        let numbers = view.numbers(which);
        answer.news = self.news(client, false, which.by_uid);
        let Some(numbers) = numbers else {
            answer.tagged = end("BAD");
            return answer;
        };
        let reads = items.contains(&Item::Read) && !self.view(client).read_only;
        let unread = |number: &u32| !self.view(client).message(*number).flags.contains("\\Seen");
        let newly_read: Vec<u32> = numbers.iter().copied().filter(|n| reads && unread(n)).collect();
        let seen = Change::Add(Flags::from(["\\Seen".to_owned()]));
        self.change(client, &newly_read, &seen, true);
        let needs_file = items.iter().any(|i| matches!(i, Item::Size | Item::Read));
        let mut some_gone = false;
        for &number in &numbers {
            let line = self.response(client, number, which.by_uid, items, &newly_read);
            match line {
                Some(line) => answer.last.push(line),
                None if needs_file => some_gone = true,
                None => {}
            }
        }
        answer.tagged = end(match (some_gone, which.by_uid) {
            (false, _) => "OK",
            (true, true) => "OK [EXPUNGEISSUED]",
            (true, false) => GONE,
        });
        answer
    }

    /// `* n FETCH (…)`; `None` if the message is gone and its file is needed.
    fn response(
        &self,
        client: usize,
        number: u32,
        by_uid: bool,
        items: &[Item],
        newly_read: &[u32],
    ) -> Option<String> {
        let view = self.view(client);
        let known = view.message(number);
        let truth = self.mailboxes[view.mailbox].find(known.uid);
        let mut words = Vec::new();
        if by_uid && !items.contains(&Item::Uid) {
            words.push(format!("UID {}", known.uid));
        }
        let flags = format!("FLAGS ({})", view.flag_list(known));
        let needs_file = items.iter().any(|i| matches!(i, Item::Size | Item::Read));
        if needs_file && truth.is_none() {
            return None;
        }
        words.extend(items.iter().map(|item| match item {
            Item::Flags => flags.clone(),
            Item::Uid => format!("UID {}", known.uid),
            Item::Size => format!("RFC822.SIZE {}", truth.map_or(0, |message| message.octets)),
            Item::Read => "BODY[TEXT]<99999> \"\"".to_owned(),
        }));
        if newly_read.contains(&number) && !items.contains(&Item::Flags) {
            words.push(flags);
        }
        Some(format!("* {number} FETCH ({})", words.join(" ")))
    }
}
