//! Thunderbird, as students use it: an account with our CA, mail read, flagged, answered, filed
//! away, thrown away, and news that comes by itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::programs::until;
use crate::desk::{Desk, MESSAGE};
use crate::screen::Screen;

/// What the account dialogue would have written, and no questions at the first start.
const SETTINGS: &str = r#"
user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.accountmanager.defaultaccount", "account1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.name", "alice");
user_pref("mail.server.server1.hostname", "localhost");
user_pref("mail.server.server1.port", IMAPS);
user_pref("mail.server.server1.socketType", 3);
user_pref("mail.server.server1.authMethod", 3);
user_pref("mail.server.server1.userName", "alice");
user_pref("mail.server.server1.login_at_startup", true);
user_pref("mail.identity.id1.fullName", "Alice");
user_pref("mail.identity.id1.useremail", "alice@pillarbox.test");
user_pref("mail.identity.id1.smtpServer", "smtp1");
user_pref("mail.identity.id1.valid", true);
user_pref("mail.identity.id1.compose_html", false);
user_pref("mail.identity.id1.archive_granularity", 0);
user_pref("mail.identity.id1.archive_folder", "imap://alice@localhost/Archive");
user_pref("mail.identity.id1.fcc_folder", "imap://alice@localhost/Sent");
user_pref("mail.identity.id1.draft_folder", "imap://alice@localhost/Drafts");
user_pref("mail.smtpservers", "smtp1");
user_pref("mail.smtp.defaultserver", "smtp1");
user_pref("mail.smtpserver.smtp1.hostname", "localhost");
user_pref("mail.smtpserver.smtp1.port", SMTPS);
user_pref("mail.smtpserver.smtp1.try_ssl", 3);
user_pref("mail.smtpserver.smtp1.authMethod", 3);
user_pref("mail.smtpserver.smtp1.username", "alice");
user_pref("mail.warn_on_send_accel_key", false);
user_pref("mail.rights.version", 1);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("mailnews.start_page.enabled", false);
user_pref("mailnews.start_page_override.mstone", "ignore");
user_pref("app.donation.eoy.version.viewed", 999);
user_pref("app.update.auto", false);
user_pref("extensions.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("datareporting.policy.dataSubmissionPolicyBypassNotification", true);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"#;

const INBOX: &str = "Inbox - alice - Mozilla Thunderbird";

/// Thunderbird with alice's account, the password asked for and given, her inbox open.
fn thunderbird(desk: &Desk) -> Screen {
    let port = |protocol| desk.0.port(protocol).to_string();
    let settings = SETTINGS.replace("IMAPS", &port("imaps"));
    desk.write("profile/user.js", &settings.replace("SMTPS", &port("smtps")));
    desk.run("certutil -d sql:profile -N --empty-password");
    desk.run("certutil -d sql:profile -A -n pillarbox -t C,, -i $CA");
    let mut screen = Screen::new(1200, 900);
    let mut program = Command::new("thunderbird");
    program.arg("--profile").arg(desk.0.path().join("profile"));
    screen.start(&mut program, desk.0.path());
    let password = || {
        give_password(&screen);
    };
    screen.insist("the inbox", password, || screen.focus(INBOX));
    screen
}

/// Answers the question for the password, if it is asked. It takes no answer that comes at once.
fn give_password(screen: &Screen) -> bool {
    let asked = screen.focus("password");
    if asked {
        screen.press("ctrl+a");
        screen.type_text("wonderland");
        screen.press("Return");
    }
    asked
}

/// The messages in one of alice's folders that have all these flags and are not deleted.
fn flagged(desk: &Desk, folder: &str, flags: &str) -> Vec<PathBuf> {
    let mut messages = desk.with_text(&format!("mail/alice/{folder}"), "");
    messages.retain(|path| {
        let name = path.to_str().unwrap();
        let set = name.rsplit_once(":2,").map_or("", |(_, set)| set);
        !set.contains('T') && flags.chars().all(|flag| set.contains(flag))
    });
    messages
}

/// How many messages of alice's inbox have these flags.
fn inbox(desk: &Desk, flags: &str) -> usize {
    flagged(desk, "", flags).len()
}

/// Presses this key in the main window.
fn press(screen: &Screen, key: &'static str) -> impl Fn() {
    move || {
        screen.window(INBOX);
        screen.press(key);
    }
}

#[test]
#[ignore = "needs thunderbird, libnss3-tools, xvfb, xdotool and imagemagick"]
fn thunderbird_reads_files_hears_of_news_and_answers() {
    let desk = Desk::new();
    let mut screen = thunderbird(&desk);
    reads_and_files(&desk, &screen);
    hears_of_news(&desk, &screen);
    answers(&desk, &screen);
    screen.quit(INBOX, "ctrl+q");
}

fn reads_and_files(desk: &Desk, screen: &Screen) {
    let all = inbox(desk, "");
    screen.insist("a message read", press(screen, "n"), || inbox(desk, "S") > 0);
    screen.insist("a star", press(screen, "s"), || inbox(desk, "FS") == 1);
    let filed = || flagged(desk, ".Archive", "FS").len() == 1;
    screen.insist("the message filed away", press(screen, "a"), filed);
    let thrown = || !flagged(desk, ".Trash", "S").is_empty();
    screen.insist("a message thrown away", press(screen, "Delete"), thrown);
    let elsewhere = || flagged(desk, ".Archive", "").len() + flagged(desk, ".Trash", "").len();
    until("the moves", || (inbox(desk, "") + elsewhere() == all).then_some(()));
    let read = || inbox(desk, "S") == inbox(desk, "");
    screen.insist("all read", press(screen, "shift+c"), read);
}

/// Thunderbird looks for the news that it hears while it idles, and not for what it hears after a
/// command of its own, so a message that comes in a bad moment shows with the next.
fn hears_of_news(desk: &Desk, screen: &Screen) {
    desk.write("message", MESSAGE);
    let deliver = || {
        desk.run(
            "curl -sS smtp://localhost:$smtp --mail-from bob@pillarbox.test \
            --mail-rcpt alice@pillarbox.test --crlf -T message",
        );
    };
    let local = desk.0.path().join("profile/ImapMail/localhost/INBOX");
    let fetched = || fs::read_to_string(&local).is_ok_and(|text| text.contains("Subject: by hand"));
    screen.insist("news", deliver, fetched);
    let read = || {
        let news = desk.with_text("mail/alice", "Subject: by hand");
        news.iter().any(|path| path.to_str().unwrap().ends_with('S'))
    };
    screen.insist("news read", press(screen, "n"), read);
}

/// Answers the message that is open, by way of a draft.
fn answers(desk: &Desk, screen: &Screen) {
    const WINDOW: &str = "Write: Re: by hand";
    screen.insist("a window", press(screen, "ctrl+r"), || screen.focus(WINDOW));
    let write = || {
        screen.window(WINDOW);
        screen.type_text("by thunderbird ");
        screen.press("ctrl+s");
    };
    let kept = |folder: &str| desk.with_text(folder, "by thunderbird").len();
    screen.insist("a draft", write, || kept("mail/alice/.Drafts") > 0);
    println!("{}", screen.picture("thunderbird.png").display());
    let send = || {
        if !give_password(screen) && screen.focus(WINDOW) {
            screen.press("ctrl+Return");
        }
    };
    screen.insist("the answer sent", send, || kept("mail/bob") == 1);
    until("a copy", || (kept("mail/alice/.Sent") == 1).then_some(()));
    until("the mark on what was answered", || (inbox(desk, "RS") == 1).then_some(()));
    until("the end of the draft", || (flagged(desk, ".Drafts", "").is_empty()).then_some(()));
}
