//! `docs/protocols/*.md` against the servers: what is offered in each state, every command, every
//! code that occurs in the source, and every test that is named.

mod imap;
mod smtp;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pillarbox::config::Config;
use pillarbox::config::accounts::{Accounts, Password};
use pillarbox::config::aliases::Aliases;
use pillarbox::limits::Limits;
use pillarbox::mail::store::Store;
use pillarbox::server::queue::Queue;
use pillarbox::server::{Part, Peer, RateLimiter, Reply, Site, TlsState};
use tempfile::TempDir;

/// A page of `docs/protocols/`.
struct Page(&'static str);

impl Page {
    /// The rows of the table under a heading, without its head: their cells.
    fn table(&self, heading: &str) -> Vec<Vec<&'static str>> {
        let from = self.0.split_once(&format!("\n## {heading}\n")).unwrap().1;
        let section = from.split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with('|'));
        let cells = |row: &'static str| row.trim_matches('|').split(" | ").map(str::trim).collect();
        let rows: Vec<_> = rows.skip(2).map(cells).collect();
        assert!(rows.len() >= 3, "{heading} has no table");
        rows
    }

    /// Does every test exist that is named, and are there at least so many?
    fn check_names(&self, least: usize) {
        let mut named = 0;
        for name in quoted(self.0) {
            if let Some((file, function)) =
                name.split_once("::").filter(|(file, _)| file.ends_with(".rs"))
            {
                let source = fs::read_to_string(file).expect(file);
                assert!(source.contains(&format!("fn {function}(")), "{name} is no test");
                named += 1;
            } else if name.ends_with(".txt") {
                let path = Path::new("tests/conversations").join(name);
                assert!(path.exists(), "{name} is no transcript");
                named += 1;
            }
        }
        assert!(named >= least, "only {named} tests are named");
    }

    /// Is every transcript of this protocol named?
    fn check_transcripts(&self, protocol: &str) {
        for entry in fs::read_dir(Path::new("tests/conversations").join(protocol)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = format!("`{protocol}/{file}`");
            assert!(self.0.contains(&name), "{name} is in no table");
        }
    }
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn site(folder: &TempDir) -> Arc<Site> {
    let password = Password::Clear("wonderland".to_owned());
    let accounts = [("alice".to_owned(), password)].into();
    let config = Config::parse("config.ini", "", folder.path()).unwrap();
    Arc::new(Site {
        hostname: "mail.pillarbox.test".to_owned(),
        domain: "pillarbox.test".to_owned(),
        accounts: Accounts::new("pillarbox.test", accounts),
        store: Store::open(folder.path()).unwrap(),
        aliases: Aliases::none(),
        message_cache: Arc::default(),
        rate_limiter: RateLimiter::default(),
        queue: Some(Queue::open(&config).unwrap()),
        limits: Limits::default(),
        lab_network: false,
    })
}

/// Who calls: from this machine or not, under TLS or unencrypted.
fn peer(near: bool, encrypted: bool) -> Peer {
    let ip = if near { [127, 0, 0, 1] } else { [192, 0, 2, 1] };
    Peer {
        address: (ip, 50_000).into(),
        tls: if encrypted { TlsState::Active(None) } else { TlsState::Offered },
    }
}

fn text(reply: Reply) -> String {
    let part = |part| match part {
        Part::Text(text) => String::from_utf8(text).unwrap(),
        _ => String::new(),
    };
    reply.parts.into_iter().map(part).collect()
}
